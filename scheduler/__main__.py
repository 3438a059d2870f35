"""`python -m scheduler`: the clock in a process of its own. Safe to start twice."""

import signal
import sys

import structlog

from config import ConfigError, read_config
from logs import set_up_logs
from registry.database import Database, database_dsn
from registry.keyring import Keyring
from scheduler.clock import make_scheduler

log = structlog.get_logger()

CONNECTIONS = 7  # with as many in reserve: all jobs may fire at once, and each asks a second question meanwhile


def main() -> None:
    try:
        config = read_config()
    except ConfigError as error:
        sys.exit(str(error))
    set_up_logs(config.log_format)
    database = Database(database_dsn(config), Keyring(config.secret_keys), pool_size=CONNECTIONS)
    scheduler = make_scheduler(config, database)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: scheduler.shutdown(wait=False))
    log.info("scheduler started")
    scheduler.start()


if __name__ == "__main__":
    main()
