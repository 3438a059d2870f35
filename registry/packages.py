"""Packages and their documents: gathered while open, frozen when sending starts, followed after that."""

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from errors import AlreadySent, PackageNotFound, TooManyFiles, Unavailable
from registry.database import Database
from registry.tables import Document, KeptFile, Package, StateChange

DOCUMENTS_LIMIT = 40  # of one Diadoc message
NAMESPACE = uuid.UUID("6f0d4f0e-2c0a-5d53-9a36-b24ed0000001")
STILL_SENT = ("sending", "sent")


def operation_id(package: Package, step: str) -> str:
    """Diadoc's operationId of one step of one attempt: the same however often it is computed."""
    return str(uuid.uuid5(NAMESPACE, f"{package.id}/{package.attempt}/{step}"))


def custom_document_id(package: Package, document_id: int) -> str:
    """Our own id of a paper inside Diadoc, derived so that a paper in doubt can be looked up there."""
    return str(uuid.uuid5(NAMESPACE, f"{package.id}/{package.attempt}/document/{document_id}"))


class Packages:
    """The packages of one portal; another portal's are as absent as ones that never were."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    # Finding

    def get(self, package_id: int) -> Package | None:
        return self._one(self._packages().where(Package.id == package_id))

    def open_of(self, *, crm_item: str, name: str) -> Package | None:
        """The package of this item and name that is being gathered or whose sending has begun."""
        return self._one(self._of(crm_item, name).where(Package.state.in_(["open", "sending"])))

    def last_sent_of(self, *, crm_item: str, name: str) -> Package | None:
        return self._one(self._of(crm_item, name).where(Package.state == "sent"))

    def documents(self, package_id: int) -> list[Document]:
        """In the order they were added."""
        wanted = select(Document).where(Document.package_id == package_id, Document.portal_id == self._portal_id)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(Document.id)))

    def document(self, document_id: int) -> Document | None:
        return self._one(select(Document).where(Document.id == document_id, Document.portal_id == self._portal_id))

    def same_documents(self, *, crm_item: str, sameness: str) -> list[tuple[Document, Package]]:
        """Papers of the same type, number and date on this item, newest first, each with its package."""
        wanted = select(Document, Package).join(Package, Package.id == Document.package_id)
        wanted = wanted.where(Document.portal_id == self._portal_id, Document.crm_item == crm_item)
        wanted = wanted.where(Document.sameness == sameness).order_by(Document.id.desc())
        with self._database.session() as session:
            return [(row[0], row[1]) for row in session.execute(wanted)]

    # Gathering

    def open_or_create(self, *, crm_item: str, name: str) -> Package:
        """The open package of this item and name, made if there is none; two at once get the same one."""
        with self._database.session() as session:
            blank = {"mode": "delay_send", "lock_mode": "none", "message": "", "sending": {}, "counteragent": {}}
            made = insert(Package).values(
                portal_id=self._portal_id,
                crm_item=crm_item,
                name=name,
                state="open",
                attempt=1,
                docflow_state="not_sent",
                outcome="in_progress",
                is_final=False,
                **blank,
            )
            wanted = self._of(crm_item, name).where(Package.state == "open")
            while True:  # the one in our way may begin to be sent before we have read it
                session.execute(made.on_conflict_do_nothing())
                if (package := session.scalar(wanted)) is not None:
                    return package

    def put_document(self, package_id: int, values: dict[str, Any]) -> tuple[Document, bool]:
        """Add a document to an open package, or replace the same one in it: (document, was it replaced).

        Raises PackageNotFound, AlreadySent, TooManyFiles.
        """
        with self._database.session() as session:
            package = self._locked(session, package_id)
            mine = select(Document).where(Document.package_id == package_id)
            same = session.scalar(mine.where(Document.sameness == values["sameness"]))
            if same is not None:
                for name, value in values.items():
                    setattr(same, name, value)
                same.changed_at = datetime.now(UTC)
                return same, True
            if session.scalar(select(func.count()).select_from(mine.subquery())) >= DOCUMENTS_LIMIT:  # type: ignore[operator]
                raise TooManyFiles(package_id=package_id)
            document = Document(portal_id=self._portal_id, package_id=package_id, crm_item=package.crm_item, **values)
            session.add(document)
            session.flush()
            return document, False

    def remove_document(self, document: Document) -> None:
        """Raises AlreadySent once the package's sending has begun."""
        with self._database.session() as session:
            self._locked(session, document.package_id)
            found = session.get(Document, document.id)
            if found is not None:
                session.delete(found)

    def count(self, package_id: int) -> int:
        return len(self.documents(package_id))

    # Sending

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
            package.posted_at = package.posted_at or datetime.now(UTC)
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

    # Following

    def now(self) -> datetime:
        """The database's clock, the same for all machines: when Diadoc is being asked."""
        with self._database.session() as session:
            return session.scalars(select(func.clock_timestamp())).one()

    def touched_by(
        self, *, box_pk: int, message_ids: Collection[str], custom_document_ids: Collection[str] = ()
    ) -> list[Document]:
        """Documents sent from this box in these messages, or known to Diadoc by these ids of ours."""
        named = or_(Document.message_id.in_(message_ids), Document.custom_document_id.in_(custom_document_ids))
        with self._database.session() as session:
            return list(session.scalars(self._followed(box_pk).where(named).order_by(Document.id)))

    def to_reconcile(self, *, box_pk: int, final_since: datetime, after: int, limit: int) -> list[Document]:
        """The next documents after this id that may still change: not final, or final since that moment."""
        alive = or_(Document.is_final.is_(False), Document.changed_at >= final_since)
        wanted = self._followed(box_pk).where(alive, Document.id > after).order_by(Document.id).limit(limit)
        with self._database.session() as session:
            return list(session.scalars(wanted))

    def follow_letter(
        self, package_id: int, *, message_id: str, packet_id: str, addresses: dict[int, tuple[str, str]]
    ) -> None:
        """A draft was sent, which made another message of it. addresses: document → its message and entity there."""
        with self._database.session() as session:
            package = self._lock(session, package_id)
            package.message_id, package.packet_id = message_id, packet_id
            for document in session.scalars(select(Document).where(Document.package_id == package_id)):
                if document.id in addresses:
                    document.message_id, document.entity_id = addresses[document.id]

    def keep_state(self, document_id: int, values: dict[str, Any], *, asked_at: datetime | None = None) -> bool:
        """Store what a document's docflow looks like now; True when it changed, then history has a new row.

        asked_at: by `now()`, when Diadoc was asked. Of two who asked at once, the later one's answer stays.
        """
        with self._database.session() as session:
            document = session.scalar(
                select(Document)
                .where(Document.id == document_id, Document.portal_id == self._portal_id)
                .with_for_update()
            )
            if document is None:
                return False
            asked_at = asked_at or datetime.now(UTC)
            if document.checked_at is not None and document.checked_at > asked_at:
                return False
            before = _state_of(document)
            for name, value in values.items():
                setattr(document, name, value)
            document.checked_at = asked_at
            if _state_of(document) == before:
                return False
            document.changed_at = datetime.now(UTC)
            session.add(StateChange(document_id=document_id, **_state_of(document), at=document.changed_at))
            return True

    def keep_package_state(self, package_id: int, *, docflow_state: str, outcome: str, is_final: bool) -> bool:
        """Store where the whole package stands; True when it changed."""
        values = {"docflow_state": docflow_state, "outcome": outcome, "is_final": is_final}
        with self._database.session() as session:
            package = self._lock(session, package_id)
            if all(getattr(package, name) == value for name, value in values.items()):
                return False
            for name, value in values.items():
                setattr(package, name, value)
            package.changed_at = package.waiting_since = datetime.now(UTC)
            return True

    def sum_up(self, package_id: int, summarize: Callable[[list[Document]], dict[str, Any]]) -> bool:
        """Store what follows for a package from its documents as they are now; True when it changed.

        summarize: documents → docflow_state, outcome, is_final, and packet_id where Diadoc tells one.
        """
        with self._database.session() as session:
            package = self._lock(session, package_id)
            documents = session.scalars(select(Document).where(Document.package_id == package_id).order_by(Document.id))
            values = summarize(list(documents))
            changed = {name for name, value in values.items() if getattr(package, name) != value}
            for name in changed:
                setattr(package, name, values[name])
            if changed - {"packet_id"}:
                package.changed_at = package.waiting_since = datetime.now(UTC)
            return bool(changed)

    def history(self, document_id: int) -> list[StateChange]:
        with self._database.session() as session:
            wanted = select(StateChange).where(StateChange.document_id == document_id).order_by(StateChange.id)
            return list(session.scalars(wanted)) if self.document(document_id) else []

    def keep_file(self, document_id: int, *, kind: str, file_name: str, blob: Any) -> None:
        """Keep a downloaded file in our own registry, once however often it is downloaded."""
        row = {"portal_id": self._portal_id, "document_id": document_id, "kind": kind, "file_name": file_name}
        row |= {"file_size": blob.size, "sha256": blob.sha256, "blob": blob.key}
        with self._database.session() as session:
            session.execute(insert(KeptFile).values(row).on_conflict_do_nothing())

    def kept_files(self, document_id: int) -> list[KeptFile]:
        wanted = select(KeptFile).where(KeptFile.document_id == document_id, KeptFile.portal_id == self._portal_id)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(KeptFile.id)))

    # Helpers

    def _packages(self) -> Select[Any]:
        return select(Package).where(Package.portal_id == self._portal_id)

    def _followed(self, box_pk: int) -> Select[Any]:
        sent = select(Document).join(Package, Package.id == Document.package_id)
        sent = sent.where(Document.portal_id == self._portal_id, Package.box_pk == box_pk)
        return sent.where(Package.state == "sent", Document.message_id.is_not(None))

    def _of(self, crm_item: str, name: str) -> Select[Any]:
        wanted = self._packages().where(Package.crm_item == crm_item, Package.name == name)
        return wanted.order_by(Package.id.desc()).limit(1)

    def _one(self, wanted: Select[Any]) -> Any:
        with self._database.session() as session:
            return session.scalar(wanted)

    def _gathered(self, session: Session, package: Package) -> Package | None:
        """The open package of the same item and name, locked."""
        wanted = self._of(package.crm_item, package.name).where(Package.state == "open")
        return session.scalar(wanted.with_for_update())

    def _lock(self, session: Session, package_id: int) -> Package:
        package = session.scalar(self._packages().where(Package.id == package_id).with_for_update())
        if package is None:
            raise PackageNotFound(package=package_id)
        return package

    def _locked(self, session: Session, package_id: int) -> Package:
        package = self._lock(session, package_id)
        if package.state != "open":
            raise AlreadySent(package_id=package_id)
        return package


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
)


def _state_of(document: Document) -> dict[str, Any]:
    return {
        "docflow_state": document.docflow_state,
        "revocation_state": document.revocation_state,
        "raw_state": document.raw_state,
    }
