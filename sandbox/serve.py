"""Runs an emulator under gunicorn: one process (state is in memory), many threads, real keep-alive, TLS if asked."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication


class _Server(BaseApplication):
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def arguments(description: str) -> argparse.ArgumentParser:
    """The options every emulator has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--host", action="append", help="loopback address to listen on; may be repeated")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--url-file", type=Path, help="the addresses are written here, a line each, when it is ready")
    parser.add_argument("--certificate", type=Path, help="PEM certificate chain: serve TLS")
    parser.add_argument("--key", type=Path, help="PEM private key of the certificate")
    return parser


def serve(app: Flask, options: argparse.Namespace, on_ready: Callable[[list[str]], None] = lambda urls: None) -> None:
    """Serve until a signal. `on_ready` gets the base addresses in the order of the --host options."""
    scheme = "https" if options.certificate else "http"

    def ready(server: Any) -> None:
        names = [listener.sock.getsockname() for listener in server.LISTENERS]
        urls = [f"{scheme}://{name[0]}:{name[1]}" for name in names]
        on_ready(urls)
        if options.url_file:
            part = options.url_file.with_suffix(".part")
            part.write_text("\n".join(urls) + "\n")
            part.replace(options.url_file)  # whoever waits for the file never reads half of it

    _Server(
        app,
        {
            "bind": [f"{host}:{options.port}" for host in options.host or ["127.0.0.1"]],
            "workers": 1,
            "worker_class": "gthread",
            "threads": 32,
            "keepalive": 30,
            "graceful_timeout": 2,
            "timeout": 0,
            "certfile": str(options.certificate) if options.certificate else None,
            "keyfile": str(options.key) if options.key else None,
            "when_ready": ready,
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "b24-edo-sandbox",
        },
    ).run()
