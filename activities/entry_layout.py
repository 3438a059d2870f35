"""What a package looks like in an item's timeline: the layout of a configurable activity.

At most 20 blocks in the body, 2 tags, 2 buttons. Source: crm/timeline/activities/configurable/structure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from activities.file_names import title_of
from activities.situations import Situation, counteragent_of, on_day
from activities.states import DocflowState, Outcome
from activities.values import Text, shorten
from registry.tables import Document

BLOCKS = 20
REASON_LENGTH = 500
ICON, LOGO = "info", "document-print"

S = DocflowState
# of a tag: warning is yellow, failure red, success green, primary blue, secondary grey
_COLOURS = {
    **dict.fromkeys((S.SIGNED_BY_COUNTERAGENT,), "success"),
    **dict.fromkeys((S.REFUSED, S.REFUSED_BY_OUR_SIGNER, S.ROAMING_FAILED, S.INVALID_SIGNATURE), "failure"),
    **dict.fromkeys((S.NOT_SENT, S.REVOKED, S.DELETED), "secondary"),
    **dict.fromkeys(
        (
            S.DRAFT,
            S.WAITING_FOR_OUR_SIGNATURE,
            S.SIGNED_WITH_DISCREPANCIES,
            S.REVOCATION_REQUESTED_BY_COUNTERAGENT,
            S.UNKNOWN,
        ),
        "warning",
    ),
}
_WAITED_FOR = {
    "our_signer": Text("Нужна наша подпись", "Our signature is needed"),
    "counteragent": Text("Ждём контрагента", "Waiting for the counteragent"),
    "approver": Text("Ждём согласования", "Waiting for approval"),
    "operator": Text("Нужно ваше решение", "Your decision is needed"),
    "administrator": Text("Нужен администратор", "The administrator is needed"),
}
_NOT_SENT, _ON_ITS_WAY = Text("Не отправлен", "Not sent"), Text("В пути", "On its way")
_COUNTERAGENT, _ACTING = Text("Контрагент", "Counteragent"), Text("Кто должен действовать", "Who must act")
_EMPTY = Text("В пакете нет документов", "The package holds no documents")
_FILES = Text("файлы с подписями", "signed files")
_REASON, _REGISTRY = Text("Причина отказа", "Reason of refusal"), Text("Пакет в реестре", "Package in the registry")

Block = dict[str, Any]


@dataclass(frozen=True)
class Links:
    """Where items of our registry open on the portal, "" = there is none. documents, signed: by document, the second of
    those whose signed files are there."""

    package: str = ""
    documents: Mapping[int, str] = field(default_factory=dict)
    signed: Mapping[int, str] = field(default_factory=dict)


def layout_of(situation: Situation, *, time_zone: str, links: Links) -> dict[str, Any]:
    """The whole look of an entry."""
    link = situation.link
    title: dict[str, Any] = {"title": situation.title}
    return {
        "icon": {"code": ICON},
        "header": {**title, **({"titleAction": _redirect(link)} if link else {}), "tags": {"state": _tag(situation)}},
        "body": {"logo": {"code": LOGO}, "blocks": _blocks(situation, time_zone, links)},
        "footer": {"buttons": _buttons(situation)},
    }


def _tag(situation: Situation) -> dict[str, str]:
    colour = "success" if situation.outcome == Outcome.SUCCESS else _COLOURS.get(situation.state, "primary")
    return {"title": _stage(situation).of(situation.language), "type": colour}


def _stage(situation: Situation) -> Text:
    if situation.is_final:
        return situation.outcome.text
    if situation.package.state in ("open", "sending"):
        return _NOT_SENT
    return _WAITED_FOR.get(situation.who_must_act, _ON_ITS_WAY)


def _blocks(situation: Situation, time_zone: str, links: Links) -> dict[str, Block]:
    language = situation.language
    reason = shorten(situation.refusal_reason, REASON_LENGTH)
    first = {
        "counteragent": _named(_COUNTERAGENT.of(language), counteragent_of(situation.package, language)),
        "waiting": _named(_ACTING.of(language), _waiting(situation, time_zone)),
        "reason": _named(_REASON.of(language), reason),
    }
    told = {name: block for name, block in first.items() if block}
    last = {"registry": _anchor(_REGISTRY.of(language), links.package)} if links.package else {}
    return {**told, **_documents(situation, BLOCKS - len(told) - len(last), links), **last}


def _waiting(situation: Situation, time_zone: str) -> str:
    if situation.is_final or situation.package.state != "sent" or not situation.who:
        return ""
    since = on_day(situation.since, time_zone)
    return Text(f"{situation.who}, с {since}", f"{situation.who}, since {since}").of(situation.language)


def _documents(situation: Situation, room: int, links: Links) -> dict[str, Block]:
    """A line a document; those that find no room are folded into the last one."""
    documents = situation.documents
    shown = documents if len(documents) <= room else documents[: room - 1]
    if not documents:
        return {"empty": _text(_EMPTY.of(situation.language))}
    lines = {f"document{one.id}": _document(one, situation, links) for one in shown}
    rest = documents[len(shown) :]
    return {**lines, "rest": _rest(rest, situation)} if rest else lines


def _document(document: Document, situation: Situation, links: Links) -> Block:
    language = situation.language
    title = title_of(document, language)
    item, signed = links.documents.get(document.id, ""), links.signed.get(document.id, "")
    line = {
        "name": _anchor(title, item) if item else _text(title, bold=True),
        "state": _text(_state_of(document, situation), color="base_60"),
        **({"files": _anchor(_FILES.of(language), signed)} if signed else {}),
    }
    return {"type": "lineOfBlocks", "properties": {"blocks": line}}


def _rest(documents: Iterable[Document], situation: Situation) -> Block:
    lines = [f"{title_of(one, situation.language)}: {_state_of(one, situation)}" for one in documents]
    more = Text(f"И ещё документов: {len(lines)}", f"More documents: {len(lines)}").of(situation.language)
    return {"type": "largeText", "properties": {"value": "\n".join([more, *lines])}}


def _state_of(document: Document, situation: Situation) -> str:
    is_gone = situation.package.state == "deleted"
    return (S.DELETED if is_gone else S(document.docflow_state)).text.of(situation.language)


def _buttons(situation: Situation) -> dict[str, Any]:
    language = situation.language
    ours = {
        "title": Text("Открыть ЭДО", "Open EDI").of(language),
        "type": "secondary",
        "action": {
            "type": "openRestApp",
            "actionParams": {"page": "deal", "packageId": situation.package.id},
            "sliderParams": {"title": Text("ЭДО", "EDI").of(language), "width": 1280},
        },
    }
    if not situation.link:
        return {"edo": ours}
    title = Text("Открыть в Диадоке", "Open in Diadoc").of(language)
    return {"diadoc": {"title": title, "type": "primary", "action": _redirect(situation.link)}, "edo": ours}


def _named(title: str, value: str) -> Block | None:
    if not value:
        return None
    block = {"type": "text", "properties": {"value": value, "multiline": True}}
    return {"type": "withTitle", "properties": {"title": title, "inline": True, "block": block}}


def _anchor(text: str, address: str) -> Block:
    return {"type": "link", "properties": {"text": text, "action": _redirect(address)}}


def _text(value: str, **look: Any) -> Block:
    return {"type": "text", "properties": {"value": value, **look}}


def _redirect(address: str) -> dict[str, str]:
    return {"type": "redirect", "uri": address}
