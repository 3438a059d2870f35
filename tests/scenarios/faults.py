"""The fault matrix: which request is hit in which way, and what a workflow may be told of it.

A deal goes through three stages: its package is sent, its signatures are waited for, the signed files come back.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

TIMEOUT_SECONDS = 1.5  # of the product's HTTP in these tests


def _portal(status: int, code: str, text: str, **headers: str) -> dict[str, Any]:
    """A REST method's error."""
    body = json.dumps({"error": code, "error_description": text})
    return {
        "kind": "status",
        "status": status,
        "body": body,
        "headers": {"Content-Type": "application/json", **headers},
    }


def _diadoc(status: int, text: str, **headers: str) -> dict[str, Any]:
    """Diadoc's errors are plain text."""
    return {"kind": "status", "status": status, "body": text, "headers": headers}


_LATE = {"kind": "delay", "seconds": TIMEOUT_SECONDS + 0.8}
_AGAIN = {"Retry-After": "1"}
KINDS: dict[str, dict[str, dict[str, Any]]] = {
    "timeout": {"portal": _LATE, "diadoc": _LATE},
    "lost_reply": {"portal": {"kind": "lost_reply"}, "diadoc": {"kind": "lost_reply"}},
    "lost_request": {"portal": {"kind": "lost_request"}, "diadoc": {"kind": "lost_request"}},
    "5xx": {"portal": {"kind": "status", "status": 503}, "diadoc": _diadoc(500, "Oops")},
    "401": {"portal": _portal(401, "expired_token", "It has expired"), "diadoc": _diadoc(401, "It has expired")},
    "402": {"portal": _portal(402, "PAYMENT_REQUIRED", "Payment required"), "diadoc": _diadoc(402, "It has ended")},
    "409": {"portal": _portal(409, "DISK_OBJ_22000", "Non unique name"), "diadoc": _diadoc(409, "Not in this state")},
    "429": {"portal": _portal(429, "OPERATION_TIME_LIMIT", "Blocked", **_AGAIN), "diadoc": _diadoc(429, "", **_AGAIN)},
}
PERMANENT = {"402": "SUBSCRIPTION_ENDED", "409": "NO_ACCESS"}
CLOSING = "402"  # what closes a box when its feed is read; the other is taken for a trouble of the moment there

# Every request of each stage, in the order in which they are made.
SEND = {
    "portal": (
        "crm.item.get",
        "crm.controller.item.getFile",
        "crm.requisite.link.list",
        "crm.requisite.list",
        "bizproc.activity.log",
        "bizproc.event.send",
        "oauth.token",
    ),
    "diadoc": (
        "connect/token",
        "GetDocumentTypes",
        "GetOrganizationsByInnKpp",
        "GetCounteragent",
        "GetLastEvent",
        "ShelfUpload",
        "PostMessage",
        "PostMessagePatch",
        "GetDocflows",
    ),
}
WAIT = {"portal": (), "diadoc": ("GetNewEvents",)}
DOWNLOAD = {
    "portal": (
        "crm.item.fields",
        "disk.storage.getForApp",
        "crm.item.update",
        "disk.folder.uploadFile",
        "upload",
        "crm.timeline.comment.add",
    ),
    "diadoc": (
        "GenerateDocumentZip",
        "ShelfDownload",
        "GeneratePrintForm",
        "GetEntityContent",
        "GenerateDocumentProtocol",
    ),
}
STAGES = {"send": SEND, "wait": WAIT, "download": DOWNLOAD}
TOKENS = ("oauth.token", "connect/token")  # what these refuse for good no later try can have: not tried here
# Other stages ask it too, or its refusal closes the box to all: where it is refused, one deal has the house alone.
SHARED = ("crm.item.get", "GetDocflows", "GetLastEvent", "GetNewEvents")
BEGINNING = "GetLastEvent"  # asked once in the life of a box


@dataclass(frozen=True)
class Cell:
    """One field of the matrix. system: portal or diadoc; kind: of KINDS, or "kill"."""

    stage: str
    system: str
    method: str
    kind: str

    def __str__(self) -> str:
        return f"{self.stage}-{self.method}-{self.kind}"

    @property
    def fault(self) -> dict[str, Any]:
        if self.kind == "kill":
            return {"kind": "delay", "seconds": TIMEOUT_SECONDS - 0.2}
        return KINDS[self.kind][self.system]

    @property
    def may_be_told(self) -> set[str]:
        """Error codes that the workflow may get: "" = it notices nothing."""
        told = PERMANENT.get(self.kind, "")
        if self.method in ("GetDocflows", *SHRUGGED):
            return {"", told} if self.method == "GetDocflows" else {""}
        return {""} if (self.method, self.kind) in PATIENT else {told}

    @property
    def is_alone(self) -> bool:
        return self.method in SHARED and self.kind in PERMANENT


# What a deal can do without: a line in a journal, a list of types that is looked at again before sending. An answer is
# delivered however long it takes. GetDocflows may be refused to the poll, which the deal does not notice.
SHRUGGED = ("bizproc.activity.log", "bizproc.event.send", "GetDocumentTypes", "GetNewEvents")
# Of a fresh document this means "not yet", and later "there is none": then it is told as missing.
PATIENT = (("GeneratePrintForm", "409"), ("GenerateDocumentProtocol", "409"))


def cells(kinds: Iterable[str]) -> list[Cell]:
    """The whole matrix of these kinds of faults."""
    return [
        Cell(stage, system, method, kind)
        for kind in kinds
        for stage, systems in STAGES.items()
        for system, methods in systems.items()
        for method in methods
        if method not in TOKENS or kind not in ("401", *PERMANENT)
    ]


@dataclass
class Chain:
    """One deal on its way, with the faults of each stage, and what went wrong in which stage."""

    faults: dict[str, list[Cell]]
    number: int = 0
    deal: int = 0
    workflow: str = ""
    failures: dict[str, BaseException] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"deal {self.deal} with {', '.join(map(str, self.cells))}"

    @property
    def cells(self) -> list[Cell]:
        return [cell for cells in self.faults.values() for cell in cells]

    @property
    def is_alone(self) -> bool:
        return any(cell.is_alone for cell in self.cells)

    @property
    def is_lasting(self) -> bool:
        return any(cell.kind in PERMANENT for cell in self.cells)


PASSING_TOGETHER = 3  # what passes by itself may hit a deal several times in each stage; a refusal ends it


def chains(wanted: list[Cell]) -> list[Chain]:
    """Deals for these cells, as few as possible; lasting and lonely ones are not mixed with the others."""
    alike: dict[tuple[bool, bool, str], list[Cell]] = {}
    for cell in wanted:
        is_lasting = cell.kind in PERMANENT
        kind = "" if cell.is_alone or is_lasting else cell.kind
        alike.setdefault((cell.is_alone, is_lasting, kind), []).append(cell)
    found = [
        chain
        for (is_alone, is_lasting, kind), cells in alike.items()
        for chain in _chains(cells, 1 if is_alone or is_lasting or kind == "kill" else PASSING_TOGETHER)
    ]
    for number, chain in enumerate(found, start=1):
        chain.number = number
    return found


def _chains(wanted: list[Cell], together: int) -> Iterator[Chain]:
    by_stage = [list(batched([cell for cell in wanted if cell.stage == stage], together)) for stage in STAGES]
    for cells in zip_longest(*by_stage, fillvalue=[]):
        yield Chain(dict(zip(STAGES, cells, strict=True)))


def batched(cells: list[Cell], size: int) -> Iterator[list[Cell]]:
    for start in range(0, len(cells), size):
        yield cells[start : start + size]
