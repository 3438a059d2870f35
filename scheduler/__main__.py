"""`python -m scheduler`: the clock in a process of its own. Safe to start twice."""

import signal
import sys

import structlog
from logs import set_up_logs

from config import ConfigError, read_config
from registry.database import Database, database_dsn
from registry.keyring import Keyring
from scheduler.clock import make_scheduler

log = structlog.get_logger()


def main() -> None:
    try:
        config = read_config()
    except ConfigError as error:
        sys.exit(str(error))
    set_up_logs(config.log_format)
    scheduler = make_scheduler(config, Database(database_dsn(config), Keyring(config.secret_keys), pool_size=2))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: scheduler.shutdown(wait=False))
    log.info("scheduler started")
    scheduler.start()


if __name__ == "__main__":
    main()
