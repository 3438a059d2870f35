"""The one place that wires the rooms together: `create_app()` for the web, `main` for the command line."""

import sys

from flask import Flask

import handlers
from activities import catalog
from activities.connections import Connections
from commands import (
    activities,
    api_tokens,
    boxes,
    calls,
    database,
    doctor,
    poll,
    portals,
    processes,
    registry,
    report,
    requisites,
    triggers,
)
from commands.command_line import CommandLine
from config import Config, ConfigError, read_config
from logs import set_up_logs
from registry.blobs import BlobStore
from registry.database import Database, database_dsn
from registry.keyring import Keyring
from registry.portals import KnownPortals
from worker.inbox import Inbox


def create_app(config: Config | None = None) -> Flask:
    """The web application. Raises SystemExit naming every setting that is missing or wrong."""
    try:
        config = config or read_config()
    except ConfigError as error:
        sys.exit(str(error))
    set_up_logs(config.log_format)
    keyring = Keyring(config.secret_keys)
    # Every thread may hold a connection; nothing is opened before gunicorn has forked.
    base = Database(database_dsn(config), keyring, pool_size=config.web_threads)
    catalog()  # a broken activity stops the start and loses no call
    app = Flask("handlers")
    services = handlers.Services(
        config=config,
        database=base,
        known_portals=KnownPortals(base),
        inbox=Inbox(config.inbox_dir, keyring),
        connections=Connections(config, base),
        blobs=BlobStore(config.blob_url),
    )
    handlers.register(app, services)
    return app


main = CommandLine(
    name="b24-edo",
    create_app=create_app,
    add_default_commands=False,
    add_version_option=False,
    help="Electronic document exchange for Bitrix24: processes, portals, boxes, activities and calls.",
)
for command in (
    *processes.commands,
    database.group,
    requisites.group,
    portals.group,
    boxes.group,
    activities.group,
    triggers.group,
    registry.group,
    calls.group,
    poll.command,
    doctor.command,
    api_tokens.group,
    report.command,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
