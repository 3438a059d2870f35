"""What every job of the worker needs, made once a process."""

from dataclasses import dataclass
from datetime import timedelta

from activities.connections import Connections
from config import Config
from registry.answers import Answers
from registry.blobs import BlobStore
from registry.boxes import Feeds
from registry.calls import Calls
from registry.changes import Changes
from registry.database import Database
from registry.portals import Portals


@dataclass(frozen=True)
class Running:
    """The settings, the registry and the clients of one worker process."""

    config: Config
    database: Database
    connections: Connections
    blobs: BlobStore
    calls: Calls
    answers: Answers
    portals: Portals
    feeds: Feeds
    changes: Changes


def make_running(config: Config, database: Database) -> Running:
    return Running(
        config=config,
        database=database,
        connections=Connections(config, database),
        blobs=BlobStore(config.blob_url),
        calls=Calls(database),
        # a delivery is one exchange, and the renewal of a token before it
        answers=Answers(database, claim=timedelta(seconds=3 * config.http_timeout_seconds)),
        portals=Portals(database),
        feeds=Feeds(database),
        changes=Changes(database),
    )
