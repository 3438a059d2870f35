"""A running business process: where it stands, what it waits for, everything it was told."""

import hmac
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sandbox.portal import journal
from sandbox.portal.model import Portal
from sandbox.portal.world import iso, now

SIGNING_KEY = secrets.token_bytes(32)


@dataclass
class Frame:
    """A list of steps being gone through; repeats: how often it is gone through again."""

    steps: list[dict[str, Any]]
    index: int = 0
    repeats: int = 0


@dataclass
class Waiting:
    step: str
    event_id: str
    saved_at: datetime
    return_properties: dict[str, dict[str, Any]]
    timeout_seconds: float


@dataclass
class Workflow:
    id: str
    template_id: int
    template_name: str
    entity_type_id: int
    item_id: int
    document_id: list[str]
    document_type: list[str]
    started_by: int
    started: datetime
    parameters: dict[str, Any]
    variables: dict[str, Any]
    frames: list[Frame]
    language: str = "ru"
    stage: str = ""  # robots of a stage end when the item leaves it
    state: str = "running"  # completed, terminated, failed
    modified: datetime = field(default_factory=now)
    waiting: Waiting | None = None
    locked_until: datetime | None = None
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)  # of each step, emptied by shared ids
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    passes: dict[str, int] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def text(self, key: str, **facts: str) -> str:
        """A line of the journal in the portal's language."""
        return journal.text(self.language, key, **facts)

    def note(self, text: str, *, step: str = "", kind: str = "info") -> None:
        self.modified = now()
        self.journal.append({"at": iso(self.modified), "step": step, "kind": kind, "text": text})


def workflows_of(portal: Portal) -> dict[str, Workflow]:
    return portal.tables["workflows"]


def new_id() -> str:
    return f"{secrets.token_hex(7)}.{secrets.randbelow(10**8):08d}"


def sign(workflow_id: str, step: str, event_id: str) -> str:
    """An event token: what opens one waiting step."""
    head = f"{workflow_id}|{step}|{event_id}"
    return f"{head}.{hmac.new(SIGNING_KEY, b'bizproc' + head.encode(), sha256).hexdigest()}"


def read_token(token: str) -> tuple[str, str, str] | None:
    """(workflow id, step, event id), None when the signature is wrong."""
    parts = token.rsplit(".", 1)[0].split("|")
    if len(parts) != 3 or not hmac.compare_digest(sign(*parts).encode(), token.encode()):
        return None
    return parts[0], parts[1], parts[2]


def described(workflow: Workflow) -> dict[str, Any]:
    """Everything about it, for the control interface and the pages."""
    record = asdict(workflow)
    record.pop("frames")
    record.pop("inputs")
    return _printable(record)


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return iso(value) if isinstance(value, datetime) else value
