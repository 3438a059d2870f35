"""Downloaded files that stay in our own registry."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from registry.packages.scope import PortalScope
from registry.tables import KeptFile


class KeptFiles(PortalScope):
    """The files that were kept of one portal's papers."""

    def keep_file(self, document_id: int, *, kind: str, file_name: str, blob: Any) -> None:
        """Keep a downloaded file in our own registry, once however often it is downloaded."""
        row = {"portal_id": self._portal_id, "document_id": document_id, "kind": kind, "file_name": file_name}
        row |= {"file_size": blob.size, "sha256": blob.sha256, "blob": blob.key}
        with self._database.session() as session:
            session.execute(insert(KeptFile).values(row).on_conflict_do_nothing())

    def kept_files(self, document_id: int) -> list[KeptFile]:
        return self.kept_files_of([document_id])

    def kept_files_of(self, document_ids: Collection[int]) -> list[KeptFile]:
        wanted = select(KeptFile).where(KeptFile.document_id.in_(document_ids), KeptFile.portal_id == self._portal_id)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(KeptFile.id)))

    def kept_file(self, file_id: int) -> KeptFile | None:
        wanted = select(KeptFile).where(KeptFile.id == file_id, KeptFile.portal_id == self._portal_id)
        with self._database.session() as session:
            return session.scalar(wanted)
