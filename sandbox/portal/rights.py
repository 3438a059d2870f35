"""What a person may see of the CRM."""

from sandbox.portal.crm.types import DEAL
from sandbox.portal.model import User


def may_see(user: User, entity_type_id: int) -> bool:
    """Nobody without access to the CRM sees anything; deals may be closed to a person by themselves."""
    return user.has_crm and (entity_type_id != DEAL or user.may_see_deals)
