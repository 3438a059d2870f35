"""What the HTTP door works with, handed in by `create_app()`."""

from dataclasses import dataclass

from activities.connections import Connections
from config import Config
from registry.blobs import BlobStore
from registry.database import Database
from registry.portals import KnownPortals
from worker.inbox import Inbox


@dataclass(frozen=True, kw_only=True)
class Services:
    """The settings, the registry and the clients of one web process; nothing is opened before it is first used."""

    config: Config
    database: Database
    known_portals: KnownPortals
    inbox: Inbox
    connections: Connections
    blobs: BlobStore
