"""What most commands begin with: the settings and the database, or a clear word about what is wrong."""

import sys
from dataclasses import dataclass
from functools import cached_property

from activities.connections import Connections
from config import Config, ConfigError, read_config
from logs import set_up_logs
from registry.database import Database, database_dsn
from registry.keyring import Keyring
from registry.portals import Portals, host_of
from registry.tables import Portal


@dataclass(frozen=True)
class Setting:
    """The installation that a command works on."""

    config: Config

    @cached_property
    def database(self) -> Database:
        return Database(database_dsn(self.config), Keyring(self.config.secret_keys), pool_size=2)

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.config, self.database)

    def portal(self, which: str) -> Portal:
        """By number, member id or host; without a word the only one. Ends the command when it is not clear which.

        Portals that removed us are meant only when no other fits.
        """
        portals = Portals(self.database).all()
        named = [portal for portal in portals if not which or which in _names(portal)]
        found = [portal for portal in named if portal.status != "uninstalled"] or named
        if len(found) != 1:
            known = ", ".join(f"{portal.id} ({host_of(portal)})" for portal in portals) or "none installed us yet"
            sys.exit(f"Name one portal with --portal. Known: {known}")
        return found[0]


def _names(portal: Portal) -> tuple[str, ...]:
    return str(portal.id), portal.member_id, host_of(portal)


def setting() -> Setting:
    """Ends the command, naming every fault, when the environment is not right."""
    try:
        config = read_config()
    except ConfigError as error:
        sys.exit(str(error))
    set_up_logs("console" if sys.stderr.isatty() else config.log_format)
    return Setting(config)
