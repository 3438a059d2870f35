"""The application's own affairs: who we are here, what we may do, events, places of our pages, people."""

from collections.abc import Iterator, Mapping
from typing import Any

from clients.bitrix24 import reading, wire
from clients.bitrix24.caller import Caller
from clients.bitrix24.models import AppState, EventBinding, MethodState, PlacementBinding, Profile, User
from errors import ServiceError


class ApplicationMethods(Caller):
    def profile(self) -> Profile:
        """The user of the token and whether he is an administrator; needs no scope."""
        result = wire.as_map(self.call("profile"))
        return Profile(
            user_id=wire.as_int(result.get("ID")),
            is_admin=wire.as_flag(result.get("ADMIN")),
            name=wire.as_text(result.get("NAME")),
            last_name=wire.as_text(result.get("LAST_NAME")),
        )

    def app_info(self) -> AppState:
        """The application and the portal's licence, by the portal itself."""
        result = wire.as_map(self.call("app.info"))
        return AppState(
            code=wire.as_text(result.get("CODE")),
            version=wire.as_int(result.get("VERSION")),
            status=wire.as_text(result.get("STATUS")),
            installed=wire.as_flag(result.get("INSTALLED")),
            payment_expired=wire.as_flag(result.get("PAYMENT_EXPIRED")),
            language=wire.as_text(result.get("LANGUAGE_ID")),
            license=wire.as_text(result.get("LICENSE")),
        )

    def scope(self) -> tuple[str, ...]:
        """What the application was granted."""
        return wire.as_scope(self.call("scope"))

    def method_get(self, name: str) -> MethodState:
        """Does this portal's plan have the method, and may we call it?"""
        result = wire.as_map(self.call("method.get", {"name": name}))
        return MethodState(wire.as_flag(result.get("isExisting")), wire.as_flag(result.get("isAvailable")))

    def user_current(self) -> User:
        return reading.user(self.call("user.current"))

    def user_get(self, filter: Mapping[str, Any] | None = None) -> Iterator[User]:
        """Users, e.g. of {"ID": 5}; dismissed ones too unless {"ACTIVE": True} asks otherwise."""
        return map(reading.user, self.list_pages("user.get", {"FILTER": filter or {}}))

    def event_bind(self, *, event: str, handler: str) -> None:
        """Bound already is bound."""
        self._bind("event.bind", {"event": event, "handler": handler})

    def event_get(self) -> tuple[EventBinding, ...]:
        """Our own handlers."""
        return tuple(map(_event_binding, wire.as_list(self.call("event.get"))))

    def placement_bind(
        self, *, placement: str, handler: str, titles: Mapping[str, str], options: Mapping[str, Any] | None = None
    ) -> None:
        """Show our page there; titles: {language: text}. Bound already is bound."""
        params = {
            "PLACEMENT": placement,
            "HANDLER": handler,
            "TITLE": next(iter(titles.values()), ""),
            "LANG_ALL": {language: {"TITLE": title} for language, title in titles.items()},
            **({"OPTIONS": options} if options else {}),
        }
        self._bind("placement.bind", params)

    def placement_unbind(self, *, placement: str, handler: str = "") -> int:
        """How many were unbound; without a handler all of ours in that place."""
        params = {"PLACEMENT": placement, **({"HANDLER": handler} if handler else {})}
        return wire.as_int(wire.as_map(self.call("placement.unbind", params, repeat=True)).get("count"))

    def placement_get(self) -> tuple[PlacementBinding, ...]:
        """Where our pages are shown."""
        return tuple(map(_placement_binding, wire.as_list(self.call("placement.get"))))

    def _bind(self, method: str, params: dict[str, Any]) -> None:
        try:
            self.call(method, params, repeat=True)
        except ServiceError as error:
            # ERROR_CORE, and nothing but the text tells it from other failures
            if "already bind" not in error.detail.lower() and "already bound" not in error.detail.lower():
                raise


def _event_binding(raw: Any) -> EventBinding:
    item = wire.as_map(raw)
    return EventBinding(
        event=wire.as_text(item.get("event")).upper(),
        handler=wire.as_text(item.get("handler")),
        user_id=wire.as_int(item.get("auth_type")),
        is_offline=wire.as_flag(item.get("offline")),
    )


def _placement_binding(raw: Any) -> PlacementBinding:
    item = wire.as_map(raw)
    return PlacementBinding(
        placement=wire.as_text(item.get("placement")).upper(),
        handler=wire.as_text(item.get("handler")),
        title=wire.as_text(item.get("title")),
    )
