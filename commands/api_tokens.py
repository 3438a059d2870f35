"""`b24-edo api-tokens`: what programs of the customer show at /api/v1."""

import sys
from datetime import datetime

import click

from commands.output import json_option, portal_option, show, show_one
from commands.setting import setting
from registry.api_tokens import LONGEST_NAME, MOST_TOKENS, ROLES, ApiTokens, TokenRefused
from registry.portal_registry import PortalRegistry
from registry.tables import ApiToken

COLUMNS = ("id", "name", "role", "created_at", "last_used_at", "revoked_at")
REASONS = {
    "name": f"A name has 1 to {LONGEST_NAME} printable characters.",
    "role": f"A role is one of {', '.join(ROLES)}.",
    "count": f"There are {MOST_TOKENS} tokens already: revoke one first.",
}


@click.group("api-tokens", help="Bearer tokens of /api/v1.")
def group() -> None:
    pass


@group.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default=ROLES[0], show_default=True)
@portal_option
@json_option
def create(name: str, role: str, which: str, as_json: bool) -> None:
    """Make a token for a program; it is printed once and kept nowhere.

    A reader may look, an operator may also have activities run.
    """
    found = setting()
    portal = found.portal(which)
    try:
        row, token = ApiTokens(found.database, portal.id).create(name=name, role=role)
    except TokenRefused as error:
        raise click.ClickException(REASONS[error.what]) from None
    audit(PortalRegistry(found.database, portal.id), "api token created", row)
    show_one({**_row(row), "token": token}, as_json=as_json)
    click.echo("Write the token down now: nobody can read it again.", err=True)


@group.command("list", help="The tokens of a portal; never the tokens themselves.")
@portal_option
@json_option
def list_tokens(which: str, as_json: bool) -> None:
    found = setting()
    rows = ApiTokens(found.database, found.portal(which).id).list()
    show([_row(row) for row in rows], COLUMNS, as_json=as_json)


@group.command("revoke", help="End a token at once. TOKEN_ID is the number from the list.")
@click.argument("token_id", type=int)
@portal_option
def revoke(token_id: int, which: str) -> None:
    found = setting()
    portal = found.portal(which)
    if not ApiTokens(found.database, portal.id).revoke(token_id):
        sys.exit(f"There is no living token {token_id}. See: b24-edo api-tokens list")
    PortalRegistry(found.database, portal.id).audit(
        actor="command line", action="api token revoked", subject=f"api_token:{token_id}"
    )
    click.echo(f"Token {token_id} opens nothing any more.")


def audit(registry: PortalRegistry, action: str, row: ApiToken) -> None:
    registry.audit(actor="command line", action=action, subject=f"api_token:{row.id}", name=row.name, role=row.role)


def _row(row: ApiToken) -> dict[str, str | int | datetime | None]:
    return {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
