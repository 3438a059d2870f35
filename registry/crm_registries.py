"""The registries that a portal has in its CRM: where they are, and whose items there are which of ours."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, Text, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from errors import Unavailable
from registry.database import Database
from registry.tables import CrmMirror, CrmRegistry, Document, Package, Portal

DOCUMENTS, PACKAGES, INCOMING = "documents", "packages", "incoming"
# Of PostgreSQL's advisory locks; calls have 7, packages 8, boxes 9-11, what people are shown 12.
PREPARING_LOCK, INCOMING_LOCK = 13, 14
# In what was written of an item: in which package its paper was, and whether word of our own change is due.
PACKAGE_KEY, ECHO_KEY = "_package", "_echo"


class CrmRegistries:
    """The registries of one portal. Kinds: documents, packages."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def all(self) -> dict[str, CrmRegistry]:
        """Those that are prepared, by kind."""
        with self._database.session() as session:
            rows = session.scalars(select(CrmRegistry).where(CrmRegistry.portal_id == self._portal_id))
            return {row.kind: row for row in rows if is_prepared(row)}

    def get(self, kind: str) -> CrmRegistry | None:
        """As it is remembered, also when its preparation only began."""
        with self._database.session() as session:
            return session.get(CrmRegistry, (self._portal_id, kind))

    def keep(self, kind: str, **values: Any) -> CrmRegistry:
        """Remember these facts of a registry; the others stay as they are."""
        row = {"portal_id": self._portal_id, "kind": kind, "backend": "smart_process", **_BLANK, **values}
        kept = insert(CrmRegistry).values(row)
        kept = kept.on_conflict_do_update(index_elements=["portal_id", "kind"], set_=values)
        with self._database.session() as session:
            session.execute(kept)
            return session.get_one(CrmRegistry, (self._portal_id, kind))

    def trouble(self, kind: str, trouble: str) -> None:
        """What a person has to mend, "" = nothing."""
        here = update(CrmRegistry).where(CrmRegistry.portal_id == self._portal_id, CrmRegistry.kind == kind)
        with self._database.session() as session:
            session.execute(here.where(CrmRegistry.trouble != trouble).values(trouble=trouble))

    def write_again(self, kinds: Collection[str], names: Collection[str]) -> None:
        """These fields are new: nothing counts as written to them."""
        mine = update(CrmMirror).where(CrmMirror.portal_id == self._portal_id, CrmMirror.kind.in_(kinds))
        left = CrmMirror.written.op("-")(cast(list(names), ARRAY(Text)))
        with self._database.session() as session:
            session.execute(mine.values(written=left))

    def forget_items(self, kinds: Collection[str]) -> None:
        """Their registry is another one now: every item is to be made anew."""
        mine = delete(CrmMirror).where(CrmMirror.portal_id == self._portal_id, CrmMirror.kind.in_(kinds))
        with self._database.session() as session:
            session.execute(mine)

    def items_of_package(self, package_id: int) -> list[CrmMirror]:
        """Items of papers that are, or were when they were last written, in this package."""
        mine = select(CrmMirror).where(CrmMirror.portal_id == self._portal_id, CrmMirror.kind == DOCUMENTS)
        known = select(Document.id).where(Document.package_id == package_id)
        there = (CrmMirror.written[PACKAGE_KEY].as_integer() == package_id) | CrmMirror.our_id.in_(known)
        with self._database.session() as session:
            return list(session.scalars(mine.where(there).order_by(CrmMirror.our_id)))

    def items_with(self, kind: str, their_ids: Collection[int]) -> list[CrmMirror]:
        """What is known of these items, an item that had several of ours by its youngest; gone ones are left out."""
        wanted = select(CrmMirror).where(CrmMirror.portal_id == self._portal_id, CrmMirror.kind == kind)
        wanted = wanted.where(CrmMirror.their_id.in_(their_ids), CrmMirror.gone_at.is_(None))
        with self._database.session() as session:
            found = {row.their_id: row for row in session.scalars(wanted.order_by(CrmMirror.our_id))}
            return list(found.values())

    def take_over(self, their_id: int) -> bool:
        """Leave an item to another paper: whether no living paper of ours is shown by it any more."""
        mine = select(CrmMirror).where(CrmMirror.portal_id == self._portal_id, CrmMirror.their_id == their_id)
        with self._database.session() as session:
            for row in session.scalars(mine.where(CrmMirror.kind.in_([DOCUMENTS, INCOMING]))):
                document = session.get(Document, row.our_id) if row.kind == DOCUMENTS else None
                if row.kind == INCOMING or (document is not None and document.docflow_state != "deleted"):
                    return False
                session.delete(row)
        return True

    def open_items(self, kind: str) -> list[int]:
        """Items of packages that are still gathered, and of their papers."""
        packages = select(Package.id).where(Package.portal_id == self._portal_id, Package.state == "open")
        papers = select(Document.id).where(Document.package_id.in_(packages))
        mine = select(CrmMirror.their_id).where(CrmMirror.portal_id == self._portal_id, CrmMirror.kind == kind)
        mine = mine.where(CrmMirror.our_id.in_(packages if kind == PACKAGES else papers))
        with self._database.session() as session:
            found = session.scalars(mine.where(CrmMirror.gone_at.is_(None), CrmMirror.their_id.is_not(None)))
            return [their_id for their_id in found if their_id]

    def package_of_item(self, kind: str, their_id: int) -> int | None:
        """The package that an item shows, or whose paper it shows; None when it is none of ours."""
        known = self.items_with(kind, [their_id])
        if not known or kind == PACKAGES:
            return known[0].our_id if known else None
        with self._database.session() as session:
            return session.scalar(select(Document.package_id).where(Document.id == known[0].our_id))

    def touched(self, *, entity_type_id: int, item_id: int) -> tuple[int, CrmMirror] | None:
        """The package that a changed item of a smart process belongs to, and the item; None when it is none of ours."""
        for kind, row in self.all().items():
            if row.entity_type_id == entity_type_id:
                package_id = self.package_of_item(kind, item_id)
                return (package_id, self.items_with(kind, [item_id])[0]) if package_id else None
        return None

    def take_echo(self, mirror_id: int, *, within: timedelta) -> bool:
        """Is word of our own change of an item due, and this probably it? It is due once."""
        here = update(CrmMirror).where(CrmMirror.id == mirror_id, CrmMirror.portal_id == self._portal_id)
        here = here.where(CrmMirror.written[ECHO_KEY].as_boolean(), CrmMirror.written_at > func.now() - within)
        heard = here.values(written=CrmMirror.written.op("||")({ECHO_KEY: False})).returning(CrmMirror.id)
        with self._database.session() as session:
            return session.scalar(heard) is not None

    @contextmanager
    def exclusively(self, lock: int, number: int) -> Iterator[None]:
        """Nobody else does this to that number meanwhile. Raises Unavailable when somebody is doing so."""
        key = {"lock": lock, "number": number}
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(text("select pg_try_advisory_lock(:lock, :number)"), key).scalar():
                raise Unavailable(system="b24-edo", detail="a registry is being worked on")
            try:
                yield
            finally:
                if not connection.invalidated and not connection.closed:
                    connection.execute(text("select pg_advisory_unlock(:lock, :number)"), key)


_BLANK: dict[str, Any] = {
    "entity_type_id": 0,
    "type_id": 0,
    "iblock_type": "",
    "iblock_id": 0,
    "title": "",
    "fields": {},
    "trouble": "",
}


def is_prepared(row: CrmRegistry | None) -> bool:
    """Is it there, with its fields?"""
    return row is not None and bool(row.type_id or row.iblock_id) and bool(row.fields)


def portals_with_registries(database: Database) -> list[int]:
    """Installed portals that have prepared any."""
    wanted = select(CrmRegistry.portal_id).join(Portal, Portal.id == CrmRegistry.portal_id)
    wanted = wanted.where(Portal.status == "installed", CrmRegistry.fields != {}).distinct()
    with database.session() as session:
        return list(session.scalars(wanted.order_by(CrmRegistry.portal_id)))


def packages_without_files(database: Database, portal_id: int, *, since: datetime, kinds: Collection[str]) -> list[int]:
    """Packages with a paper that ended well since that moment and lacks a kept file of one of these kinds."""
    lacking = text("""
        select distinct d.package_id from document d join package p on p.id = d.package_id
        where d.portal_id = :portal and p.state = 'sent' and d.is_final and d.changed_at >= :since
          and d.docflow_state in ('signed_by_counteragent', 'signed_with_discrepancies', 'delivered')
          and not exists (select from effect e where e.portal_id = d.portal_id and e.done_at is not null
            and e.subject = 'document:' || d.id and e.name = 'signed_files')
          and (select count(distinct k.kind) from kept_file k
               where k.document_id = d.id and k.kind = any(:kinds)) < :wanted
        order by 1""")
    asked = {"portal": portal_id, "since": since.astimezone(UTC), "kinds": list(kinds), "wanted": len(kinds)}
    with database.session() as session:
        return list(session.scalars(lacking, asked))


def portal_of(database: Database, package_id: int) -> int | None:
    """Whose package it is."""
    with database.session() as session:
        return session.scalar(select(Package.portal_id).where(Package.id == package_id))
