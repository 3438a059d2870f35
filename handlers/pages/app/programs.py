"""The tab «Доступ программ»: tokens of /api/v1, each told once, and ended here."""

from typing import Any

from flask import Blueprint, Response, request

from activities.values import Text
from handlers.pages.app.names import names_of
from handlers.pages.app.tabs import Tab, audit, panel
from handlers.pages.asking import new_nonce
from handlers.pages.visiting import Visitor, administrator_of
from handlers.refusals import ChosenWrong, NotThere, PageReplayed
from handlers.services import Services
from registry.api_tokens import MOST_TOKENS, ROLES, ApiTokens, TokenRefused
from registry.page_openings import take_opening

ROLE_TITLES = {
    "reader": Text("читает отчёты и состояния", "reads reports and states"),
    "operator": Text("читает и выполняет действия", "reads and has activities run"),
}
_REFUSALS = {
    "name": Text("название: до ста видимых знаков", "name: up to a hundred visible characters"),
    "role": Text("роль", "role"),
    "count": Text(f"не больше {MOST_TOKENS} действующих ключей", f"at most {MOST_TOKENS} living tokens"),
}


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    tokens = ApiTokens(services.database, visitor.portal.id).list()
    return {
        "tokens": tokens,
        "names": names_of(services, visitor, [token.created_by for token in tokens]),
        "roles": [(role, ROLE_TITLES[role].of(visitor.language)) for role in ROLES],
        "address": f"{services.config.public_url}/api/v1",
        "nonce": new_nonce(),
        "secret": "",
    }


TAB = Tab("programs", Text("Доступ программ", "Access for programs"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/programs")
    def create() -> Response:
        visitor = administrator_of(services)
        portal_id = visitor.portal.id
        if not take_opening(services.database, portal_id, f"form:{request.form.get('nonce', '')}"):
            raise PageReplayed
        try:
            row, secret = ApiTokens(services.database, portal_id).create(
                name=request.form.get("name", ""), role=request.form.get("role", ""), created_by=visitor.user_id
            )
        except TokenRefused as refused:
            raise ChosenWrong(what=_REFUSALS.get(refused.what, Text(refused.what, refused.what))) from None
        audit(services, visitor, "api token made", f"api_token:{row.id}", name=row.name, role=row.role)
        return panel(services, visitor, TAB, secret=secret)

    @door.post("/bitrix24/pages/app/programs/<int:token_id>/revoke")
    def revoke(token_id: int) -> Response:
        visitor = administrator_of(services)
        if not ApiTokens(services.database, visitor.portal.id).revoke(token_id):
            raise NotThere
        audit(services, visitor, "api token revoked", f"api_token:{token_id}")
        return panel(services, visitor, TAB, done=Text("Ключ отозван.", "The token is revoked."))
