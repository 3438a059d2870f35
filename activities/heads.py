"""Whom somebody answers to: the head of the department, or of the one above it."""

from activities.context import Context
from activities.item_people import administrators, users
from clients.bitrix24.models import Department, User
from errors import NoAccess

DEPTH = 20  # of a tree of departments, should it be a circle


def head_of(context: Context, user: User | None) -> int:
    """The nearest head above the user who is at work and not the user; else an administrator. Raises ServiceErrors."""
    try:
        found = _nearest_head(context, user) if user is not None else 0
    except NoAccess:  # we were not given the scope department
        found = 0
    return found or administrators(context)[0]


def _nearest_head(context: Context, user: User) -> int:
    known = {one.id: one for one in context.bitrix24.department_get()}
    heads = list(dict.fromkeys(head for one in user.department_ids for head in _heads_above(known, one)))
    candidates = [head for head in heads if head != user.id]
    active = {one.id for one in users(context, candidates) if one.is_active} if candidates else set()
    return next((head for head in candidates if head in active), 0)


def _heads_above(known: dict[int, Department], department_id: int) -> list[int]:
    heads = []
    for _ in range(DEPTH):
        department = known.get(department_id)
        if department is None:
            break
        heads += [department.head_user_id] if department.head_user_id else []
        department_id = department.parent_id
    return heads
