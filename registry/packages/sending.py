"""A package on its way to Diadoc: frozen when the sending starts, then posted, or opened again when refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from errors import AlreadySent, Unavailable
from registry.packages.ids import custom_document_id
from registry.packages.scope import PortalScope
from registry.tables import Document, Package

_COPIED = (
    "portal_id",
    "crm_item",
    "sameness",
    "document_type",
    "function",
    "version",
    "number",
    "date",
    "requisites",
    "metadata_",
    "recipient_in_file",
    "need_reply_signature",
    "comment",
    "file_name",
    "file_size",
    "sha256",
    "blob",
    "origin",
)


class Sending(PortalScope):
    """The moves of a package from open to sent, and the ways back."""

    @contextmanager
    def exclusively(self, package_id: int) -> Iterator[None]:
        """Nobody else sends or deletes this package meanwhile. Raises Unavailable when somebody is doing so."""
        key = {"package": package_id}
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(text("select pg_try_advisory_lock(8, :package)"), key).scalar():
                raise Unavailable(system="b24-edo", detail=f"package {package_id} is being worked on")
            try:
                yield
            finally:
                if not connection.invalidated and not connection.closed:
                    connection.execute(text("select pg_advisory_unlock(8, :package)"), key)

    def freeze(
        self, package_id: int, *, sending: dict[str, Any], needs_reply: dict[int, bool], **values: Any
    ) -> Package:
        """Begin the sending: from here on rows and bytes do not change. Repeated, it returns what was frozen first.

        needs_reply: by document id; values: box_pk, mode, lock_mode, message, counteragent.
        Raises AlreadySent when it has been sent.
        """
        with self._database.session() as session:
            package = self._lock(session, package_id)
            if package.state == "sending":
                return package
            if package.state != "open":
                raise AlreadySent(package_id=package_id)
            for name, value in values.items():
                setattr(package, name, value)
            package.sending, package.state, package.frozen_at = sending, "sending", datetime.now(UTC)
            for document in session.scalars(select(Document).where(Document.package_id == package_id)):
                document.custom_document_id = custom_document_id(package, document.id)
                document.needs_reply = needs_reply.get(document.id, False)
            return package

    def thaw(self, package_id: int) -> None:
        """Diadoc refused the package for good and took nothing: it may be corrected and sent again.

        Its papers join those that were gathered for the same item and name meanwhile, except older versions of them.
        """
        with self._database.session() as session:
            package = self._lock(session, package_id)
            if package.state != "sending":
                return
            package.frozen_at = None
            gathered = self._gathered(session, package)
            if gathered is None:
                package.state = "open"
            else:
                _join(session, package, gathered)

    def mark_posted(self, package_id: int, *, message_id: str, packet_id: str, entity_ids: dict[str, str]) -> None:
        """Diadoc took it. entity_ids: custom_document_id → entity id."""
        with self._database.session() as session:
            package = self._lock(session, package_id)
            package.state, package.message_id, package.packet_id = "sent", message_id, packet_id
            package.posted_at, package.last_error = package.posted_at or datetime.now(UTC), ""
            for document in session.scalars(select(Document).where(Document.package_id == package_id)):
                document.message_id = message_id
                document.entity_id = entity_ids.get(document.custom_document_id or "", document.entity_id)

    def mark_signer_asked(self, package_id: int) -> None:
        with self._database.session() as session:
            package = self._lock(session, package_id)
            package.sending = {**package.sending, "signer_asked": True}

    def new_attempt(self, package_id: int) -> Package:
        """A wanted second sending: a package of its own with the same papers, so that the first stays followed.

        Repeated before it was sent, it returns what was made first. Raises AlreadySent while other papers are being
        gathered for the same item and name.
        """
        with self._database.session() as session:
            old = self._lock(session, package_id)
            gathered = self._gathered(session, old)
            if gathered is not None:
                if gathered.attempt == old.attempt + 1 and _papers(session, gathered) == _papers(session, old):
                    return gathered
                raise AlreadySent(package_id=package_id)
            copied = ("portal_id", "crm_item", "name", "mode", "lock_mode", "message")
            new = Package(**{name: getattr(old, name) for name in copied}, attempt=old.attempt + 1)
            session.add(new)
            session.flush()
            for document in session.scalars(select(Document).where(Document.package_id == package_id)):
                session.add(Document(package_id=new.id, **{name: getattr(document, name) for name in _COPIED}))
            return new

    def mark_deleted(self, package_id: int) -> None:
        """The package was thrown away before anything was sent, and its documents with it: nobody waits for them."""
        now, gone = datetime.now(UTC), {"docflow_state": "deleted", "is_final": True}
        package = update(Package).where(Package.id == package_id, Package.portal_id == self._portal_id)
        documents = update(Document).where(Document.package_id == package_id, Document.portal_id == self._portal_id)
        with self._database.session() as session:
            session.execute(package.values(changed_at=now, state="deleted", outcome="deleted", **gone))
            session.execute(documents.values(changed_at=now, **gone))


def _papers(session: Session, package: Package) -> list[tuple[str, str]]:
    wanted = select(Document.sameness, Document.sha256).where(Document.package_id == package.id).order_by(Document.id)
    return [(row[0], row[1]) for row in session.execute(wanted)]


def _join(session: Session, package: Package, gathered: Package) -> None:
    """Move the package's papers into another one; what is left of it is thrown away."""
    newer = {sameness for sameness, _ in _papers(session, gathered)}
    for document in session.scalars(select(Document).where(Document.package_id == package.id)):
        if document.sameness in newer:
            document.docflow_state, document.is_final = "deleted", True
        else:
            document.package_id, document.custom_document_id = gathered.id, None
    package.state = package.docflow_state = package.outcome = "deleted"
    package.is_final = True
