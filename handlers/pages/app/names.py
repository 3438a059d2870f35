"""Names of the portal's people, for pages that otherwise know only their numbers."""

from collections.abc import Collection

import structlog

from errors import AppError
from handlers.pages.visiting import Visitor, reading
from handlers.services import Services

log = structlog.get_logger()


def names_of(services: Services, visitor: Visitor, user_ids: Collection[int]) -> dict[int, str]:
    """By number; who cannot be asked about is called by it: a name is never worth a page that fails."""
    wanted = sorted({user_id for user_id in user_ids if user_id})
    found: dict[int, str] = {}
    if wanted:
        try:
            people = reading(services, visitor).bitrix24.user_get({"ID": wanted})
            found = {one.id: f"{one.name} {one.last_name}".strip() for one in people}
        except AppError as error:
            log.info("names not read", error_code=error.code, detail=str(error))
    nobody = "Пользователь" if visitor.language == "ru" else "User"
    return {user_id: found.get(user_id) or f"{nobody} {user_id}" for user_id in wanted}
