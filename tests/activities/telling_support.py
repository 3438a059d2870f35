"""What the tests of entries, to-dos, notices and reminders share: packages that stand where a test puts them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from activities import states
from activities.status import standing
from registry.portal_registry import PortalRegistry
from registry.tables import Box, Document, Package
from sandbox.portal.driver import PortalSandbox
from tests.activities.sent_packages import Sender

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # noon in Moscow
LYUTIK = "ООО «Лютик»"


class Stage:
    """Puts packages where a test wants them, and looks at what people of the deal then see."""

    def __init__(self, registry: PortalRegistry, sandbox: PortalSandbox, sender: Sender) -> None:
        self.registry, self.sandbox, self.sender = registry, sandbox, sender

    def sent(self, *papers: str, state: str = "waiting_for_our_signature", since: datetime | None = None) -> Package:
        """A package in Diadoc, by default of one act."""
        return self.put(self.sender.send(*papers), state, since=since)

    def put(self, package: Package, state: str, *, since: datetime | None = None, **document: Any) -> Package:
        """All its documents come to this state; document: more of their values, such as refusal_reason."""
        for one in self.documents(package):
            values = {"docflow_state": state, "raw_state": {"seen": state, **document}, **document}
            self.registry.packages.keep_state(one.id, values)
        return self.sum_up(package, since=since)

    def sum_up(self, package: Package, *, since: datetime | None = None) -> Package:
        standings = [standing(one) for one in self.documents(package)]
        state, needs_reply = states.package_state(standings), states.package_needs_reply(standings)
        outcome = states.outcome(state, needs_reply)
        is_final = states.is_final(state, needs_reply)
        self.registry.packages.keep_package_state(package.id, docflow_state=state, outcome=outcome, is_final=is_final)
        if since is not None:
            self.sql("update package set waiting_since = :since where id = :id", since=since, id=package.id)
        return self.again(package)

    def again(self, package: Package) -> Package:
        found = self.registry.packages.get(package.id)
        assert found is not None
        return found

    def documents(self, package: Package) -> list[Document]:
        return self.registry.packages.documents(package.id)

    def sql(self, statement: str, **values: Any) -> None:
        with self.registry.database.session() as session:
            session.execute(text(statement), values)

    # what people see

    def entries(self) -> list[dict[str, Any]]:
        """Entries of ours in the deal's timeline."""
        return [one for one in self.sandbox.timeline() if one["kind"] == "configurable"]

    def entry(self) -> dict[str, Any]:
        (entry,) = self.entries()
        return entry

    def todos(self) -> list[dict[str, Any]]:
        return [one for one in self.sandbox.timeline() if one["kind"] == "todo"]

    def comments(self) -> list[str]:
        return [one["text"] for one in self.sandbox.timeline() if one["kind"] == "comment"]

    def notices(self) -> dict[int, str]:
        """User → the only notice he has."""
        found = self.sandbox.notifications()
        assert len({one["user_id"] for one in found}) == len(found)
        return {one["user_id"]: one["message"] for one in found}

    def asked(self, *methods: str) -> int:
        """How many requests of these methods the portal got."""
        return sum(len(self.sandbox.requests(method)) for method in methods)


def make_stage(registry: PortalRegistry, sandbox: PortalSandbox, client: Any, box: Box) -> Stage:
    return Stage(registry, sandbox, Sender(registry.packages, client, box))


def texts(block: dict[str, Any]) -> list[str]:
    """Everything that a block shows."""
    own = [block[name] for name in ("title", "value", "text") if isinstance(block.get(name), str)]
    inner = [value for value in block.values() if isinstance(value, dict)]
    return [*own, *(text for one in inner for text in texts(one))]


def body(entry: dict[str, Any]) -> dict[str, str]:
    """Block → what it shows."""
    return {name: " | ".join(texts(block)) for name, block in entry["layout"]["body"]["blocks"].items()}
