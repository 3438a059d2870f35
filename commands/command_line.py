"""The command line as a whole: what goes wrong in any command ends in a sentence, not in a traceback."""

from typing import Any

import click
import psycopg
from flask.cli import FlaskGroup
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from errors import AppError


class CommandLine(FlaskGroup):
    """Flask's group, whose commands are known without the application: help needs no settings."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return click.Group.list_commands(self, ctx)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return click.Group.get_command(self, ctx, name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AppError as error:
            raise click.ClickException(str(error)) from error
        except (SQLAlchemyError, psycopg.Error) as error:
            raise click.ClickException(_about_database(error)) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error


def _about_database(error: SQLAlchemyError | psycopg.Error) -> str:
    """The driver's own first line: SQLAlchemy's text would add the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.errors.UndefinedTable):
        return "The database has no tables yet, or old ones. Run: b24-edo db upgrade"
    said = (str(cause).splitlines() or [type(cause).__name__])[0]
    return f"The database does not do what it is asked for: {said}"
