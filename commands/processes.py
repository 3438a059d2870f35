"""`b24-edo run` and `b24-edo worker`: the processes of one box."""

import os
import sys
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from commands.setting import Setting, setting
from commands.supervisor import Process, Supervisor
from errors import NotConfigured
from registry.embedded import ensure_version, place_of
from worker.process import run_worker

ROOT = Path(__file__).resolve().parent.parent


@click.command("worker", help="Carry out calls, polls and deliveries until told to stop.")
def worker() -> None:
    found = setting()
    run_worker(found.config, found.database.dsn)


@click.command("run", help="Run everything on this machine: database (if embedded), web, worker, scheduler.")
def run() -> None:
    found = setting()
    if not found.config.database_url:
        ensure_version(place_of(found.config.data_dir))  # no restart would cure it
    python, own = sys.executable, [sys.executable, "-m", "app"]
    processes = [
        Process("web", [python, "-m", "gunicorn", "-c", str(ROOT / "gunicorn_conf.py"), "wsgi:app"]),
        Process("worker", [*own, "worker"]),
        Process("scheduler", [python, "-m", "scheduler"]),
    ]
    database = None if found.config.database_url else Process("db", [*own, "db", "serve"])
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    Supervisor(processes, first=database, is_ready=lambda: _upgraded(found)).run()


def _upgraded(found: Setting) -> bool:
    try:
        found.database.upgrade()
    except (SQLAlchemyError, NotConfigured):
        return False
    return True


commands = (run, worker)
