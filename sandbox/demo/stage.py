"""Where it all happens: both emulators and the product as processes, and the hands of people on them."""

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.demo.processes import Processes, free_port
from sandbox.demo.product import Product
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import PortalSandbox


@dataclass(frozen=True)
class Ports:
    """0 = any free port. The portal's port is used on 127.0.0.1 (auth server) and 127.0.0.2 (portal)."""

    product: int = 0
    diadoc: int = 0
    portal: int = 0


@dataclass(frozen=True)
class Stage:
    """product: configured and started by whoever plays the administrator."""

    processes: Processes
    portal: PortalSandbox
    diadoc: DiadocSandbox
    product: Product


@contextmanager
def opened(ports: Ports) -> Iterator[Stage]:
    """Both emulators running, the product not yet. Everything is stopped and removed in the end, whatever happens.

    Raises processes.Trouble when an emulator does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="b24-edo-demo-"))
    processes = Processes(folder)
    product = Product(processes, url=f"http://127.0.0.1:{ports.product or free_port()}", data_dir=folder / "data")
    try:
        diadoc = DiadocSandbox(_emulator(processes, "diadoc", ports.diadoc)[0])
        portal = PortalSandbox(_emulator(processes, "portal", ports.portal))
        yield Stage(processes, portal, diadoc, product)
    finally:
        with _undisturbed():
            processes.stop()
            product.forget_database()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C, or make passing the first one on, must not leave half of it behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _emulator(processes: Processes, name: str, port: int) -> list[str]:
    """Start it and wait for its addresses."""
    file = processes.folder / f"{name}.url"
    command = [sys.executable, "-m", f"sandbox.{name}", "--port", str(port), "--url-file", str(file)]
    processes.start(name, command)
    processes.wait(file.exists, f"the start of {name}")
    return file.read_text().split()
