"""What an activity is given for one call: its portal, its clients, its registry, and the journal of its steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from activities.connections import Connections
from activities.crm_ids import CrmItem
from activities.languages import language_of
from activities.values import Text
from clients.bitrix24.client import Bitrix24Client
from clients.diadoc.client import DiadocClient
from registry.blobs import BlobStore
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.tables import Box, Portal


class StepJournal(Protocol):
    """Remembers what a call has already done outside (implemented in worker/)."""

    def step(self, name: str, do: Callable[[], Any], look: Callable[[], Any] | None) -> Any:
        """The step's recorded result, else do(). Begun before without a result: look() first, and only None does it."""

    def log(self, line: Text) -> None:
        """A line for the workflow's journal, shown where the designer has switched it on; never fails."""


class Unremembered:
    """A StepJournal of nobody: what is done with it looks before it makes, or only reads."""

    def step(self, name: str, do: Callable[[], Any], look: Callable[[], Any] | None) -> Any:
        return do()

    def log(self, line: Text) -> None:
        """There is no workflow to tell."""


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
    user_id: int = 0  # who pressed the button, of a page's call
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
        return f"workflow:{self.workflow_id}" if self.workflow_id or not self.user_id else f"user:{self.user_id}"

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)


def context_beside(
    *,
    portal: Portal,
    database: Database,
    connections: Connections,
    blobs: BlobStore,
    crm_item: CrmItem | None = None,
    language: str = "",
    user_id: int = 0,
) -> Context:
    """A context without a call: for pages that read, and for what follows from a package's change.

    language: "ru" or "en", "" = the portal's.
    """
    return Context(
        portal=portal,
        language=language or language_of(portal.language),
        operation_id="",
        workflow_id="",
        crm_item=crm_item,
        registry=PortalRegistry(database, portal.id),
        blobs=blobs,
        connections=connections,
        journal=Unremembered(),
        user_id=user_id,
    )
