"""A real PostgreSQL out of a pip wheel: its own folder, a unix socket only, restarted when it dies.

PostgreSQL refuses to run as root. Then it runs as an operating-system user of ours, with its binaries, data and socket
under /var/lib/b24-edo, because that user can read neither a virtual environment nor a DATA_DIR below a private home.
"""

from registry.embedded.launcher import EmbeddedPostgres
from registry.embedded.place import Place, find_binaries, place_of
from registry.embedded.preparing import ensure_version, prepare

__all__ = ["EmbeddedPostgres", "Place", "ensure_version", "find_binaries", "place_of", "prepare"]
