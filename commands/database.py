"""`b24-edo db`: the embedded database in the foreground, its tables, and the rotation of keys."""

import signal

import click

from commands.setting import setting
from registry.embedded import EmbeddedPostgres, place_of
from registry.rotation import reseal_everything


@click.group("db", help="The database.")
def group() -> None:
    pass


@group.command("serve", help="Run the embedded PostgreSQL in the foreground and restart it when it dies.")
def serve() -> None:
    found = setting()
    if found.config.database_url:
        raise click.ClickException("DATABASE_URL is set: the database is not ours to run.")
    server = EmbeddedPostgres(found.config.data_dir)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    # its address is not known before the first start has made a password
    server.serve(on_ready=lambda: found.database.upgrade())


@group.command("where", help="Print the folder that holds the embedded database.")
def where() -> None:
    found = setting()
    if found.config.database_url:
        raise click.ClickException("DATABASE_URL is set: the database is not ours to keep.")
    click.echo(place_of(found.config.data_dir).data)


@group.command("upgrade", help="Bring the tables up to date; safe to run on several machines at once.")
def upgrade() -> None:
    setting().database.upgrade()
    click.echo("The tables are up to date.")


@group.command("rotate-keys", help="Seal every stored secret with the first of SECRET_KEYS.")
def rotate_keys() -> None:
    rotated = reseal_everything(setting().database)
    click.echo(f"{rotated.sealed} secrets are sealed with the newest key.")
    if rotated.lost:
        columns = ", ".join(sorted(set(rotated.lost)))
        raise click.ClickException(f"{len(rotated.lost)} secrets are opened by none of SECRET_KEYS: {columns}")
    click.echo("Once every process runs with the new key, the older ones may be dropped.")
