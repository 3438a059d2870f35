"""A plan for a package: which papers go into it, to whom it goes, and where it ends. It travels with the page."""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from handlers.refusals import Malformed

WHOM = ("for_inn", "for_kpp", "to_box", "for_box")  # inputs of checking and sending that a person chooses
SENDING = ("mode", "lock", "signer", "message")
ENDS = ("check", "send", "workflow")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,40}")


@dataclass(frozen=True, kw_only=True)
class Added:
    """A paper on its way into the package. paper: its number on the form; before: ours that it takes the place of."""

    call_id: int
    paper: int
    title: str
    before: int = 0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """paper: of the form, -1 = the recipient or the package; fields: beside which of its fields it is shown."""

    paper: int
    fields: tuple[str, ...]
    text: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a person asked for. kept: ours that stay as they are → paper on the form; package_id: theirs, 0 = none yet;
    removed: ours that were unticked; whom, sending: inputs of checking and sending; end: check, send or workflow."""

    nonce: str
    end: str
    added: list[Added] = field(default_factory=list)
    kept: dict[int, int] = field(default_factory=dict)
    removed: list[int] = field(default_factory=list)
    package_id: int = 0
    whom: dict[str, str] = field(default_factory=dict)
    sending: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def written(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def read(text: str) -> "Plan":
        """Raises Malformed. Whatever it names is looked at again before it is used."""
        try:
            raw = json.loads(text)
            return Plan(
                nonce=nonce_in(str(raw["nonce"])),
                end=end_in(str(raw["end"])),
                added=[_added(one) for one in raw["added"]],
                kept={int(known): int(paper) for known, paper in raw["kept"].items()},
                removed=[int(one) for one in raw["removed"]],
                package_id=int(raw["package_id"]),
                whom=_texts(raw["whom"], WHOM),
                sending=_texts(raw["sending"], SENDING),
                faults=[_fault(one) for one in raw["faults"]],
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Malformed(detail="plan") from error


def nonce_in(text: str) -> str:
    if not _NONCE.fullmatch(text):
        raise Malformed(detail="nonce")
    return text


def end_in(text: str) -> str:
    if text not in ENDS:
        raise Malformed(detail="end")
    return text


def _added(raw: dict[str, Any]) -> Added:
    return Added(
        call_id=int(raw["call_id"]), paper=int(raw["paper"]), title=str(raw["title"]), before=int(raw["before"])
    )


def _fault(raw: dict[str, Any]) -> Fault:
    return Fault(paper=int(raw["paper"]), fields=tuple(map(str, raw["fields"])), text=str(raw["text"]))


def _texts(raw: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Inputs of these names alone: the plan travelled through a browser."""
    return {name: str(raw[name]) for name in names if name in raw}
