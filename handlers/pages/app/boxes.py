"""The tab «Диадок»: connecting boxes, how each stands, which one is the default, who signs in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from activities.box_connecting import Login, connect_account, consent_address
from activities.values import Text
from handlers.pages.app.names import names_of
from handlers.pages.app.tabs import Tab, audit, chosen_number, elsewhere, panel
from handlers.pages.showing import fragment
from handlers.pages.visiting import Visitor, administrator_of
from handlers.refusals import ChosenWrong, NotThere
from handlers.services import Services
from registry.boxes import CONSENT_SECONDS, Boxes
from registry.portal_registry import PortalRegistry
from registry.settings import change_settings
from registry.tables import Box

LONGEST = 200
CONNECTING = timedelta(seconds=60)  # between the return of a consent and its boxes
_ACTIONS = {
    "pause": Text("Ящик приостановлен: он не читается, отправка из него невозможна.", "The box is paused."),
    "resume": Text("Ящик снова работает.", "The box works again."),
    "remove": Text("Ящик отключён, ключи доступа к нему забыты.", "The box is removed, access to it is forgotten."),
}
_USER = Text("пользователь Битрикс24", "Bitrix24 user")
_DIADOC_USER = Text("идентификатор пользователя Диадока", "Diadoc user id")


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    boxes = Boxes(services.database, visitor.portal.id)
    found = boxes.all()
    signers = {box.id: boxes.signers(box.id) for box in found}
    people = [one.bitrix_user_id for mapped in signers.values() for one in mapped]
    return {
        "boxes": found,
        "signers": signers,
        "names": names_of(services, visitor, people),
        "default_box_pk": visitor.settings.default_box_pk,
        "by_consent": bool(services.config.diadoc_client_id),
        "by_login": bool(services.config.diadoc_developer_key),
    }


TAB = Tab("boxes", Text("Диадок", "Diadoc"), _values)


def routes(door: Blueprint, services: Services) -> None:
    _connecting(door, services)
    _choosing(door, services)

    @door.post("/bitrix24/pages/app/boxes/<int:box_pk>/signers")
    def map_signer(box_pk: int) -> Response:
        visitor = administrator_of(services)
        box = _box(services, visitor, box_pk)
        user_id = chosen_number("bitrix_user", _USER, least=1)
        signer = request.form.get("diadoc_user", "").strip()
        if not 0 < len(signer) <= LONGEST or not signer.isascii() or not signer.isprintable():
            raise ChosenWrong(what=_DIADOC_USER)
        boxes = Boxes(services.database, visitor.portal.id)
        boxes.map_signer(box.id, bitrix_user_id=user_id, diadoc_user_id=signer)
        audit(services, visitor, "signer mapped", f"box:{box.id}", bitrix_user=user_id, diadoc_user=signer)
        return panel(services, visitor, TAB, done=Text("Подписант назначен.", "The signer is mapped."))

    @door.post("/bitrix24/pages/app/boxes/<int:box_pk>/signers/<int:user_id>/remove")
    def drop_signer(box_pk: int, user_id: int) -> Response:
        visitor = administrator_of(services)
        box = _box(services, visitor, box_pk)
        Boxes(services.database, visitor.portal.id).drop_signer(box.id, bitrix_user_id=user_id)
        audit(services, visitor, "signer removed", f"box:{box.id}", bitrix_user=user_id)
        return panel(services, visitor, TAB, done=Text("Подписант убран.", "The signer is removed."))


def _connecting(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/boxes/consent")
    def begin() -> Response:
        visitor = administrator_of(services)
        registry = PortalRegistry(services.database, visitor.portal.id)
        address = consent_address(services.connections, registry, administrator_id=visitor.user_id)
        audit(services, visitor, "consent begun")
        return fragment("app/consent.html", visitor, address=address, state="waiting")

    @door.get("/bitrix24/pages/app/boxes/consent")
    def look_for_consent() -> Response:
        return _consent_state(services, administrator_of(services))

    @door.post("/bitrix24/pages/app/boxes/login")
    def by_login() -> Response:
        visitor = administrator_of(services)
        login, password = request.form.get("login", "").strip(), request.form.get("password", "")
        if not (0 < len(login) <= LONGEST and 0 < len(password) <= LONGEST):
            raise ChosenWrong(what=Text("логин и пароль Диадока", "login and password of Diadoc"))
        registry = PortalRegistry(services.database, visitor.portal.id)
        connected = connect_account(services.connections, registry, login=Login(login, password))
        audit(services, visitor, "boxes connected", boxes=[box.id for box in connected], by="developer key")
        return panel(services, visitor, TAB, done=_connected(connected))


def _choosing(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/boxes/default")
    def choose_default() -> Response:
        visitor = administrator_of(services)
        box_pk = chosen_number("default_box", Text("ящик по умолчанию", "default box"))
        if box_pk:
            _box(services, visitor, box_pk)
        portal_id = visitor.portal.id
        change_settings(services.database, portal_id, user_id=visitor.user_id, default_box_pk=box_pk)
        audit(services, visitor, "default box chosen", f"box:{box_pk}")
        done = Text("Ящик по умолчанию сохранён.", "The default box is stored.")
        return panel(services, visitor, TAB, done=done, default_box_pk=box_pk)

    @door.post("/bitrix24/pages/app/boxes/<int:box_pk>/<any(pause, resume, remove):action>")
    def act(box_pk: int, action: str) -> Response:
        visitor = administrator_of(services)
        box = _box(services, visitor, box_pk)
        if not getattr(Boxes(services.database, visitor.portal.id), action)(box.id):
            raise NotThere
        audit(services, visitor, f"box {action}d", f"box:{box.id}", inn=box.inn, kpp=box.kpp)
        return panel(services, visitor, TAB, done=_ACTIONS[action])


def _box(services: Services, visitor: Visitor, box_pk: int) -> Box:
    """A box of this portal that was not removed. Raises NotThere."""
    boxes = Boxes(services.database, visitor.portal.id).all()
    found = next((box for box in boxes if box.id == box_pk), None)
    if found is None:
        raise NotThere
    return found


def _consent_state(services: Services, visitor: Visitor) -> Response:
    """Asked again and again until the person has come back from Diadoc; then the whole tab is shown anew."""
    boxes, now = Boxes(services.database, visitor.portal.id), datetime.now(UTC)
    consent = boxes.last_consent(administrator_id=visitor.user_id)
    if consent is None or (consent.used_at is None and now - consent.created_at > timedelta(seconds=CONSENT_SECONDS)):
        return fragment("app/consent_state.html", visitor, state="over")
    if consent.used_at is None:
        return fragment("app/consent_state.html", visitor, state="waiting")
    came = [box for box in boxes.all() if box.connected_at >= consent.used_at]
    if came:
        return elsewhere(panel(services, visitor, TAB, done=_connected(came)), "#panel", "innerHTML")
    state = "connecting" if now - consent.used_at < CONNECTING else "failed"
    return fragment("app/consent_state.html", visitor, state=state)


def _connected(boxes: list[Box]) -> Text:
    names = ", ".join(box.name for box in boxes)
    return Text(f"Подключено: {names}.", f"Connected: {names}.")
