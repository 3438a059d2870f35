"""How gunicorn serves the application: `gunicorn -c gunicorn_conf.py wsgi:app`. All numbers come from the settings."""

import logging
import os
import shutil
import sys
from typing import Any

from config import ConfigError, read_config
from logs import set_up_logs

try:
    _config = read_config()
except ConfigError as error:
    sys.exit(str(error))

# The metrics of all web processes meet in these files. The library looks at the variable when it is first imported,
# which the application does later, in the processes themselves.
_metrics = _config.data_dir / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)

bind = _config.listen
workers = _config.web_workers
worker_class = "gthread"
threads = _config.web_threads
# Each process opens its own connections: the application is built after the fork.
preload_app = False
timeout = 60
graceful_timeout = 25
# Above the idle time of the usual proxies, so that they close connections and not we.
keepalive = 75
# The address of a redirect carries a code and a state, hence no access log; the application logs what happened.
accesslog = None
errorlog = "-"
loglevel = "info"
limit_request_line = 8190
proc_name = "b24-edo-web"
# One path a home for every server of the machine would be shared by strangers; nobody controls us by it.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """What an earlier run counted is not ours."""
    shutil.rmtree(_metrics, ignore_errors=True)
    _metrics.mkdir(parents=True, exist_ok=True)
    set_up_logs(_config.log_format)
    for name in ("gunicorn.error", "gunicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def post_worker_init(worker: Any) -> None:
    """Begin the upkeep before the first request: it drains the inbox and learns the portals."""
    worker.wsgi.extensions["upkeep"].start()


def child_exit(server: Any, worker: Any) -> None:
    """Gauges of a process that is gone are gone too."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
