"""Packages and papers that are there already."""

from collections.abc import Collection

from sqlalchemy import select

from registry.packages.scope import PortalScope
from registry.tables import Document, Package


class Finding(PortalScope):
    """Questions that change nothing."""

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

    def of_item(self, crm_item: str, *, limit: int) -> list[Package]:
        """The packages of an item under any name, the newest first."""
        wanted = self._packages().where(Package.crm_item == crm_item).order_by(Package.id.desc()).limit(limit)
        with self._database.session() as session:
            return list(session.scalars(wanted))

    def documents_of(self, package_ids: Collection[int]) -> dict[int, list[Document]]:
        """The papers of several packages, each package's in the order they were added."""
        wanted = select(Document).where(Document.package_id.in_(package_ids), Document.portal_id == self._portal_id)
        found: dict[int, list[Document]] = {package_id: [] for package_id in package_ids}
        with self._database.session() as session:
            for document in session.scalars(wanted.order_by(Document.id)):
                found[document.package_id].append(document)
        return found

    def document(self, document_id: int) -> Document | None:
        return self._one(select(Document).where(Document.id == document_id, Document.portal_id == self._portal_id))

    def same_documents(self, *, crm_item: str, sameness: str) -> list[tuple[Document, Package]]:
        """Papers of the same type, number and date on this item, newest first, each with its package."""
        wanted = select(Document, Package).join(Package, Package.id == Document.package_id)
        wanted = wanted.where(Document.portal_id == self._portal_id, Document.crm_item == crm_item)
        wanted = wanted.where(Document.sameness == sameness).order_by(Document.id.desc())
        with self._database.session() as session:
            return [(row[0], row[1]) for row in session.execute(wanted)]
