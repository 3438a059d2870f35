"""What all questions about packages share: the portal they stay within, and the locking of one package."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from errors import AlreadySent, PackageNotFound
from registry.database import Database
from registry.tables import Document, Package


class PortalScope:
    """Packages of one portal; another portal's are as absent as ones that never were."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

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
        return session.scalar(wanted.with_for_update(key_share=True))

    def _lock(self, session: Session, package_id: int) -> Package:
        """Rows that only refer to the package may be written meanwhile: noting its change does, by a trigger."""
        wanted = self._packages().where(Package.id == package_id)
        package = session.scalar(wanted.with_for_update(key_share=True))
        if package is None:
            raise PackageNotFound(package=package_id)
        return package

    def _locked(self, session: Session, package_id: int) -> Package:
        package = self._lock(session, package_id)
        if package.state != "open":
            raise AlreadySent(package_id=package_id)
        return package
