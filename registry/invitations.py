"""CRM items on which counteragents were invited: each learns the answer once, also when no workflow waits for it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from registry.database import Database
from registry.tables import Invitation, InvitationItem, Portal

STILL_INVITED = "invited_by_us"
PATIENCE = timedelta(days=365)  # so long the answer to an invitation that nobody waits for is asked about


class InvitationItems:
    """The items of all portals' invitations; whoever has an invitation's id may ask about it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, invitation_id: int, crm_item: str) -> None:
        """Somebody was invited on this item. Inviting anew after an answer waits for another one."""
        row = {"invitation_id": invitation_id, "crm_item": crm_item}
        kept = insert(InvitationItem).values(row)
        kept = kept.on_conflict_do_update(
            index_elements=["invitation_id", "crm_item"], set_={"told_at": None, "asked_at": func.now()}
        )
        with self._database.session() as session:
            session.execute(kept)

    def untold(self, invitation_id: int) -> list[str]:
        """Items that have not been told of the answer."""
        wanted = select(InvitationItem.crm_item).where(
            InvitationItem.invitation_id == invitation_id, InvitationItem.told_at.is_(None)
        )
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(InvitationItem.crm_item)))

    def told(self, invitation_id: int, crm_item: str) -> None:
        here = update(InvitationItem).where(
            InvitationItem.invitation_id == invitation_id, InvitationItem.crm_item == crm_item
        )
        with self._database.session() as session:
            session.execute(here.values(told_at=datetime.now(UTC)))

    def to_ask(self) -> dict[int, list[int]]:
        """box → its unanswered invitations that some item wants to know of."""
        wanted = select(Invitation.box_pk, Invitation.id).distinct().join(InvitationItem)
        wanted = wanted.where(InvitationItem.told_at.is_(None), Invitation.status == STILL_INVITED)
        wanted = wanted.where(InvitationItem.asked_at > func.now() - PATIENCE)
        found: dict[int, list[int]] = {}
        with self._database.session() as session:
            for box_pk, invitation_id in session.execute(wanted.order_by(Invitation.box_pk, Invitation.id)):
                found.setdefault(box_pk, []).append(invitation_id)
        return found

    def to_tell(self, limit: int = 500) -> list[int]:
        """Answered invitations of installed portals with an item that has not been told."""
        wanted = select(Invitation.id).distinct().join(InvitationItem).join(Portal, Portal.id == Invitation.portal_id)
        wanted = wanted.where(InvitationItem.told_at.is_(None), Invitation.status != STILL_INVITED)
        wanted = wanted.where(Portal.status == "installed").order_by(Invitation.id).limit(limit)
        with self._database.session() as session:
            return list(session.scalars(wanted))
