"""Boxes: our organizations in Diadoc as one portal connected them, and how far the feed of each was read."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Update, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.database import Database
from registry.keyring import digest
from registry.tables import Account, Box, ConsentState, DocflowEvent, Portal, PortalSettings, Signer

CONSENT_SECONDS = 600
_SHOWN = ("connected", "paused", "auth_lost", "subscription_ended", "no_access")
FORGOTTEN = {
    "login": "",
    "password_sealed": "",
    "access_token_sealed": "",
    "refresh_token_sealed": "",
    "dead_since": func.now(),
}


class Boxes:
    """The boxes of one portal; another portal's are as absent as ones that never were."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def all(self) -> list[Box]:
        wanted = select(Box).where(Box.portal_id == self._portal_id, Box.status != "removed").order_by(Box.id)
        with self._database.session() as session:
            return list(session.scalars(wanted))

    def get(self, box_pk: int) -> Box | None:
        with self._database.session() as session:
            return session.scalar(select(Box).where(Box.id == box_pk, Box.portal_id == self._portal_id))

    def by_box_id(self, box_id: str) -> Box | None:
        return next((box for box in self.all() if box.box_id == box_id), None)

    def by_requisites(self, *, inn: str, kpp: str = "") -> list[Box]:
        """Boxes with this INN; a KPP narrows the choice only when one is given."""
        return [box for box in self.all() if box.inn == inn and (not kpp or box.kpp == kpp)]

    def add_account(self, *, kind: str, login: str = "", password: str = "", token: Any = None) -> int:
        """Keep a Diadoc user's consent (kind "oidc") or login (kind "developer_key"); its id."""
        seal = self._database.keyring.seal
        account = Account(portal_id=self._portal_id, kind=kind, login=login, password_sealed=seal(password))
        if token is not None:
            account.access_token_sealed = seal(token.access_token)
            account.refresh_token_sealed = seal(token.refresh_token)
            account.expires_at = token.expires_at
        with self._database.session() as session:
            session.add(account)
            session.flush()
            return account.id

    def connect(self, *, account_id: int, box_id: str, inn: str, kpp: str, name: str, **facts: Any) -> Box:
        """Connect a box, or connect it again with another account; the feed goes on where it stood."""
        values = {"account_id": account_id, "inn": inn, "kpp": kpp, "name": name, **facts}
        values |= {"status": "connected", "status_text": "", "connected_at": datetime.now(UTC)}
        first = insert(Box).values(portal_id=self._portal_id, box_id=box_id, **{"features": [], **values})
        # What came to a box while it was not ours is not taken in; what came while its consent was lost is.
        again = {**values, "incoming_since": case((Box.status != "removed", Box.incoming_since))}
        stored = first.on_conflict_do_update(index_elements=["portal_id", "box_id"], set_=again).returning(Box)
        with self._database.session() as session:
            return session.scalars(stored, execution_options={"populate_existing": True}).one()

    def mark(self, box_pk: int, status: str, text: str = "") -> None:
        with self._database.session() as session:
            session.execute(self._update(box_pk).values(status=status, status_text=text))

    def pause(self, box_pk: int) -> bool:
        """Read and send nothing until it is resumed; False when the box is not one that works."""
        return self._move(box_pk, ("connected",), "paused")

    def resume(self, box_pk: int) -> bool:
        return self._move(box_pk, ("paused",), "connected")

    def remove(self, box_pk: int) -> bool:
        """Forget the box, and the secrets of its account when that opens no other; what was sent stays known."""
        if not self._move(box_pk, _SHOWN, "removed"):
            return False
        with self._database.session() as session:
            here = select(Box.account_id).where(Box.portal_id == self._portal_id)
            useless = here.where(Box.id == box_pk, Box.account_id.not_in(here.where(Box.status != "removed")))
            session.execute(update(Account).where(Account.id.in_(useless)).values(**FORGOTTEN))
        return True

    def accounts(self) -> set[int]:
        """The accounts that this portal's boxes belong to, removed ones too."""
        with self._database.session() as session:
            return set(session.scalars(select(Box.account_id).where(Box.portal_id == self._portal_id)))

    def drop_accounts(self, account_ids: Collection[int]) -> None:
        """Those of these accounts that no box, not even a removed one, belongs to any more."""
        used = select(Box.account_id).where(Box.portal_id == self._portal_id)
        mine = delete(Account).where(Account.portal_id == self._portal_id, Account.id.in_(account_ids))
        with self._database.session() as session:
            session.execute(mine.where(Account.id.not_in(used)))

    def keep_document_types(self, box_pk: int, document_types: list[Any]) -> None:
        values = {"document_types": document_types, "document_types_read_at": datetime.now(UTC)}
        with self._database.session() as session:
            session.execute(self._update(box_pk).values(values))

    def map_signer(self, box_pk: int, *, bitrix_user_id: int, diadoc_user_id: str) -> None:
        row = {"box_pk": box_pk, "bitrix_user_id": bitrix_user_id, "diadoc_user_id": diadoc_user_id}
        mapped = insert(Signer).values(row)
        mapped = mapped.on_conflict_do_update(
            index_elements=["box_pk", "bitrix_user_id"], set_={"diadoc_user_id": diadoc_user_id}
        )
        with self._database.session() as session:
            session.execute(mapped)

    def signer(self, box_pk: int, *, bitrix_user_id: int) -> str | None:
        """The Diadoc user id that an administrator mapped to this Bitrix24 user."""
        wanted = select(Signer.diadoc_user_id).join(Box, Box.id == Signer.box_pk)
        wanted = wanted.where(Box.id == box_pk, Box.portal_id == self._portal_id)
        wanted = wanted.where(Signer.bitrix_user_id == bitrix_user_id)
        with self._database.session() as session:
            return session.scalar(wanted)

    def signers(self, box_pk: int) -> list[Signer]:
        """Who signs in this box, as administrators mapped them."""
        wanted = select(Signer).join(Box, Box.id == Signer.box_pk)
        wanted = wanted.where(Box.id == box_pk, Box.portal_id == self._portal_id).order_by(Signer.bitrix_user_id)
        with self._database.session() as session:
            return list(session.scalars(wanted))

    def drop_signer(self, box_pk: int, *, bitrix_user_id: int) -> None:
        mine = select(Box.id).where(Box.id == box_pk, Box.portal_id == self._portal_id)
        gone = delete(Signer).where(Signer.box_pk.in_(mine), Signer.bitrix_user_id == bitrix_user_id)
        with self._database.session() as session:
            session.execute(gone)

    def last_consent(self, *, administrator_id: int) -> ConsentState | None:
        """The newest redirect that this administrator began: used_at tells whether it has come back."""
        wanted = select(ConsentState).where(ConsentState.portal_id == self._portal_id)
        wanted = wanted.where(ConsentState.administrator_id == administrator_id)
        with self._database.session() as session:
            return session.scalar(wanted.order_by(ConsentState.created_at.desc()).limit(1))

    def begin_consent(self, state: str, *, administrator_id: int) -> None:
        with self._database.session() as session:
            row = {"state_digest": digest(state), "portal_id": self._portal_id, "administrator_id": administrator_id}
            session.add(ConsentState(**row))

    def _move(self, box_pk: int, before: Collection[str], status: str) -> bool:
        moved = self._update(box_pk).where(Box.status.in_(before)).values(status=status, status_text="")
        with self._database.session() as session:
            return session.execute(moved.returning(Box.id)).first() is not None

    def _update(self, box_pk: int) -> Update:
        return update(Box).where(Box.id == box_pk, Box.portal_id == self._portal_id)


class Feeds:
    """What a poll needs to know of every box of every portal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def to_read(self) -> list[Box]:
        """Connected boxes of installed portals that have sent something, whose key was therefore taken."""
        wanted = select(Box).join(Portal, Portal.id == Box.portal_id)
        wanted = wanted.where(Box.status == "connected", Portal.status == "installed", Box.index_key.is_not(None))
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(Box.id)))

    def to_begin(self) -> list[int]:
        """Connected boxes of portals that take incoming documents, whose feed has no first key yet."""
        wanted = select(Box.id).join(Portal, Portal.id == Box.portal_id)
        wanted = wanted.outerjoin(PortalSettings, PortalSettings.portal_id == Box.portal_id)
        takes = func.coalesce(PortalSettings.values["takes_incoming"].as_boolean(), True)
        wanted = wanted.where(Box.status == "connected", Portal.status == "installed", Box.index_key.is_(None), takes)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(Box.id)))

    def get(self, box_pk: int) -> Box | None:
        with self._database.session() as session:
            return session.get(Box, box_pk)

    def take_incoming(self, box_pk: int, since: datetime | None) -> None:
        """From when on the documents that come to the box are taken in; None = they are not."""
        with self._database.session() as session:
            session.execute(update(Box).where(Box.id == box_pk).values(incoming_since=since))

    def begin(self, box_pk: int, index_key: str) -> None:
        """Take the feed's first key, once, before the first sending."""
        with self._database.session() as session:
            session.execute(update(Box).where(Box.id == box_pk, Box.index_key.is_(None)).values(index_key=index_key))

    def advance(self, box_pk: int, *, expected: str, index_key: str) -> bool:
        """Compare-and-set after a page was processed; False when another reader was here."""
        values = {"index_key": index_key, "feed_read_at": datetime.now(UTC)}
        moved = update(Box).where(Box.id == box_pk, Box.index_key == expected).values(values)
        with self._database.session() as session:
            return session.execute(moved.returning(Box.id)).first() is not None

    def unseen(self, box_pk: int, event_ids: Collection[str]) -> set[str]:
        """Which of these events were not processed yet."""
        known = select(DocflowEvent.event_id).where(DocflowEvent.box_pk == box_pk, DocflowEvent.event_id.in_(event_ids))
        with self._database.session() as session:
            return set(event_ids) - set(session.scalars(known))

    def keep_seen(self, session: Session, box_pk: int, message_of_event: dict[str, str]) -> None:
        """Mark events as processed, in the transaction that makes what follows from them."""
        rows = [{"box_pk": box_pk, "event_id": event, "message_id": of} for event, of in message_of_event.items()]
        if rows:
            session.execute(insert(DocflowEvent).values(rows).on_conflict_do_nothing())

    def reconciled(self, box_pk: int) -> None:
        with self._database.session() as session:
            session.execute(update(Box).where(Box.id == box_pk).values(reconciled_at=datetime.now(UTC)))


def take_consent(database: Database, state: str) -> tuple[int, int] | None:
    """(portal id, administrator id) of a redirect's state, exactly once and only for ten minutes."""
    now = datetime.now(UTC)
    with database.session() as session:
        row = session.scalar(select(ConsentState).where(ConsentState.state_digest == digest(state)).with_for_update())
        if row is None or row.used_at is not None or (now - row.created_at).total_seconds() > CONSENT_SECONDS:
            return None
        row.used_at = now
        return row.portal_id, row.administrator_id


def drop_old_consents(database: Database) -> None:
    with database.session() as session:
        old = datetime.now(UTC).timestamp() - 24 * 3600
        session.execute(delete(ConsentState).where(ConsentState.created_at < datetime.fromtimestamp(old, UTC)))
