"""What may still change: the papers of a package that is open."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from errors import TooManyFiles
from registry.packages.finding import Finding
from registry.tables import CrmMirror, Document, Package

DOCUMENTS_LIMIT = 40  # of one Diadoc message


class Gathering(Finding):
    """Opening packages, putting papers in and taking them out."""

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

    def put_document(
        self, package_id: int, values: dict[str, Any], *, item: tuple[int, dict[str, Any]] | None = None
    ) -> tuple[Document, bool]:
        """Add a document to an open package, or replace the same one in it: (document, was it replaced).

        item: of the registry in the CRM that shows it, with what counts as written there; one it has already stays.
        Raises PackageNotFound, AlreadySent, TooManyFiles.
        """
        with self._database.session() as session:
            package = self._locked(session, package_id)
            package.checked_at, package.last_error = None, ""
            mine = select(Document).where(Document.package_id == package_id)
            same = session.scalar(mine.where(Document.sameness == values["sameness"]))
            if same is not None:
                for name, value in values.items():
                    setattr(same, name, value)
                same.changed_at = datetime.now(UTC)
                _show_by(session, same, item)
                return same, True
            if session.scalar(select(func.count()).select_from(mine.subquery())) >= DOCUMENTS_LIMIT:  # type: ignore[operator]
                raise TooManyFiles(package_id=package_id)
            document = Document(portal_id=self._portal_id, package_id=package_id, crm_item=package.crm_item, **values)
            session.add(document)
            session.flush()
            _show_by(session, document, item)
            return document, False

    def remove_document(self, document: Document) -> None:
        """Raises AlreadySent once the package's sending has begun."""
        with self._database.session() as session:
            package = self._locked(session, document.package_id)
            package.checked_at, package.last_error = None, ""
            found = session.get(Document, document.id)
            if found is not None:
                session.delete(found)

    def change_document(self, document: Document, values: dict[str, Any]) -> bool:
        """Change a paper of an open package; False when another one of the package is the same paper as that.

        Raises PackageNotFound, AlreadySent.
        """
        with self._database.session() as session:
            package = self._locked(session, document.package_id)
            mine = select(Document).where(Document.package_id == package.id)
            others = mine.where(Document.sameness == values["sameness"], Document.id != document.id)
            if session.scalar(others.limit(1)) is not None:
                return False
            package.checked_at, package.last_error = None, ""
            found = session.scalar(mine.where(Document.id == document.id))
            if found is not None:
                for name, value in values.items():
                    setattr(found, name, value)
                found.changed_at = datetime.now(UTC)
            return True

    def mark_checked(self, package_id: int, *, error: str = "") -> None:
        """A check found the package ready, or what keeps it from being sent."""
        checked_at = None if error else datetime.now(UTC)
        with self._database.session() as session:
            package = self._lock(session, package_id)
            if package.state == "open" and (package.last_error, bool(package.checked_at)) != (error, bool(checked_at)):
                package.checked_at, package.last_error = checked_at, error

    def count(self, package_id: int) -> int:
        return len(self.documents(package_id))


def _show_by(session: Session, document: Document, item: tuple[int, dict[str, Any]] | None) -> None:
    """In the same transaction: whoever shows the package must not make a second item meanwhile."""
    if item is None:
        return
    row = {"portal_id": document.portal_id, "kind": "documents", "our_id": document.id}
    facts = {"their_id": item[0], "written": item[1], "gone_at": None}
    shown = insert(CrmMirror).values(row | facts)
    # one whose making is only intended may be there already; it is found again by its mark
    kept = shown.on_conflict_do_update(index_elements=list(row), set_=facts, where=CrmMirror.gone_at.is_not(None))
    session.execute(kept)
