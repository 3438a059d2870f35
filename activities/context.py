"""What an activity is given for one call: its portal, its clients, its registry, and the journal of its steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from activities.connections import Connections
from activities.crm_ids import CrmItem
from activities.values import Text
from clients.bitrix24.client import Bitrix24Client
from clients.diadoc.client import DiadocClient
from registry.blobs import BlobStore
from registry.portal_registry import PortalRegistry
from registry.tables import Box, Portal


class StepJournal(Protocol):
    """Remembers what a call has already done outside (implemented in worker/)."""

    def step(self, name: str, do: Callable[[], Any], look: Callable[[], Any] | None) -> Any:
        """The step's recorded result, else do(). Begun before without a result: look() first, and only None does it."""

    def log(self, line: Text) -> None:
        """A line for the workflow's journal, shown where the designer has switched it on; never fails."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """One call of an activity. crm_item: what the workflow runs on, None for lists, processes and files; deadline_at:
    by when the call must be answered, None where nobody said."""

    portal: Portal
    language: str
    operation_id: str
    workflow_id: str
    crm_item: CrmItem | None
    registry: PortalRegistry
    blobs: BlobStore
    connections: Connections
    journal: StepJournal
    deadline_at: datetime | None = None
    cards: dict[CrmItem, Any] = field(default_factory=dict, init=False)  # what was read of CRM items, see crm.card_of

    @property
    def bitrix24(self) -> Bitrix24Client:
        return self.connections.bitrix24(self.portal)

    def diadoc(self, box: Box) -> DiadocClient:
        return self.connections.diadoc(box)

    def step(
        self, name: str, function: Callable[..., Any], *args: Any, look: Callable[[], Any] | None = None, **kwargs: Any
    ) -> Any:
        """Do one outside effect at most once: a step with a recorded result is not done again.

        The result must be JSON. A step that was begun but has no result (we were killed, or the answer was lost) is
        looked up by `look` first, where there is one; only when it finds nothing (None) the step is done again.
        """
        return self.journal.step(name, lambda: function(*args, **kwargs), look)

    def log(self, *, ru: str, en: str) -> None:
        """One fact for the workflow's journal: no secrets, no file content."""
        self.journal.log(Text(ru=ru, en=en))

    @property
    def actor(self) -> str:
        return f"workflow:{self.workflow_id}"

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)
