"""The registry as one portal sees it: what an activity is given."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from registry.boxes import Boxes
from registry.database import Database
from registry.incoming import Incoming
from registry.mirror import Effects, Mirror
from registry.packages import Packages
from registry.portals import Portals
from registry.settings import Settings, read_settings
from registry.tables import Audit, Invitation, Portal


class Invitations:
    """Invitations that one portal's boxes sent."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def remember(self, *, box_pk: int, counteragent_box_id: str, name: str, status: str) -> Invitation:
        values = {"name": name, "status": status, "checked_at": datetime.now(UTC)}
        row = {"portal_id": self._portal_id, "box_pk": box_pk, "counteragent_box_id": counteragent_box_id, **values}
        kept = insert(Invitation).values(row)
        kept = kept.on_conflict_do_update(index_elements=["box_pk", "counteragent_box_id"], set_=values)
        with self._database.session() as session:
            session.execute(kept)
            wanted = select(Invitation).where(
                Invitation.box_pk == box_pk, Invitation.counteragent_box_id == counteragent_box_id
            )
            return session.scalars(wanted).one()

    def get(self, invitation_id: int) -> Invitation | None:
        wanted = select(Invitation).where(Invitation.id == invitation_id, Invitation.portal_id == self._portal_id)
        with self._database.session() as session:
            return session.scalar(wanted)

    def keep_status(self, invitation_id: int, status: str, *, answered_at: datetime | None = None) -> None:
        with self._database.session() as session:
            here = update(Invitation).where(Invitation.id == invitation_id, Invitation.portal_id == self._portal_id)
            answered = func.coalesce(answered_at, Invitation.answered_at)
            session.execute(here.values(status=status, checked_at=datetime.now(UTC), answered_at=answered))


class PortalRegistry:
    """boxes, packages, invitations, incoming, the audit of one portal; nothing here reaches another portal's rows."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self.database, self.portal_id = database, portal_id
        self.boxes = Boxes(database, portal_id)
        self.packages = Packages(database, portal_id)
        self.invitations = Invitations(database, portal_id)
        self.incoming = Incoming(database, portal_id)

    def portal(self) -> Portal:
        return Portals(self.database).get(self.portal_id)

    def settings(self) -> Settings:
        """What people of this portal have chosen."""
        return read_settings(self.database, self.portal_id)

    def mirror(self, kind: str) -> Mirror:
        """What we made on the portal: documents, packages, incoming, timeline, todo."""
        return Mirror(self.database, self.portal_id, kind)

    def effects(self, subject: str) -> Effects:
        """What happens once for a subject such as package:7."""
        return Effects(self.database, self.portal_id, subject)

    def audit(self, *, actor: str, action: str, subject: str = "", **facts: Any) -> None:
        """Remember who did what; facts must hold no secret."""
        with self.database.session() as session:
            row = Audit(portal_id=self.portal_id, actor=actor, action=action, subject=subject, facts=facts)
            session.add(row)
