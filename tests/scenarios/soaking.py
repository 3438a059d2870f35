"""A busy house in which processes die at random: who works there, who kills, who starts what has died."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from registry.embedded import place_of
from registry.tables import Call, Package
from sandbox.diadoc.driver import DiadocSandbox, SandboxRefused
from tests.scenarios import story
from tests.scenarios.installations import Installation

SEED = 20261121
DEALS, SINGLES = 30, 5  # workflows of six calls each, and beside each of them so many of one call
PAUSE = 0.8  # seconds between the deals
LONG_OUTAGE = 4.5  # seconds without a database: longer than the web waits before it takes to the inbox
KILLED = ("worker", "worker-2", "worker", "scheduler", "worker-2", "worker", "scheduler", "worker-2", "web")
REQUISITES = {"activity": "diadoc_check_requisites", "name": "requisites", "properties": {"look_up_in_diadoc": "Y"}}


def steps(number: int) -> list[dict[str, Any]]:
    """Six calls: the requisites, two papers, a check, a sending that waits for both signatures, the status."""
    return [
        REQUISITES,
        story.add("invoice", "ProformaInvoice", f"И-{number}", 1, grounds="Договор 5"),
        story.add("act", "AcceptanceCertificate", f"А-{number}", 2),
        {"activity": "diadoc_check_package", "name": "check", "properties": {}},
        {
            "activity": "diadoc_send_package",
            "name": "send",
            "properties": {"wait_for": "outcome", "deadline_days": "5"},
        },
        {"activity": "diadoc_get_status", "name": "status", "properties": {}},
    ]


class Background:
    """A thread that does something again and again until it is told to stop; what broke it is raised then."""

    def __init__(self, do: Callable[[], None], pause: float) -> None:
        self._do, self._pause = do, pause
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._pause):
                self._do()
        except Exception as failure:  # shown by stop(), in the thread of the test
            self._failure = failure

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure


class Supervisor:
    """Starts what has died, as systemd would."""

    def __init__(self, house: Installation) -> None:
        self._product, self._lock = house.product, threading.Lock()

    def look(self) -> None:
        with self._lock:
            for name, process in list(self._product.processes.items()):
                if process.poll() is not None:
                    self._product.respawn(name)

    def kill(self, name: str) -> None:
        """SIGKILL; the next look starts it again."""
        with self._lock:
            os.killpg(self._product.processes[name].pid, signal.SIGKILL)

    def kill_a_child_of(self, name: str) -> None:
        """SIGKILL to a process that the process itself has started and starts again."""
        with self._lock:
            parent = self._product.processes[name].pid
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            if children:
                os.kill(int(children[0]), signal.SIGKILL)


class Signers:
    """Both sides sign whatever a workflow waits for."""

    def __init__(self, house: Installation) -> None:
        self._house = house
        self._diadoc = DiadocSandbox(house.diadoc_sandbox.url)
        self._signed: set[str] = set()

    def sign(self) -> None:
        waiting = select(Package.message_id).join(Call, Call.wait_package_id == Package.id)
        try:
            with self._house.database.session() as session:
                found = {letter for letter in session.scalars(waiting.where(Call.state == "waiting")) if letter}
        except SQLAlchemyError:  # the database was killed: they look again in a moment
            return
        for message_id in found - self._signed:
            self._diadoc.sign_by_sender(message_id)
            try:
                self._diadoc.sign_by_recipient(message_id)
            except SandboxRefused:  # not delivered yet
                continue
            self._signed.add(message_id)


class Postmaster:
    """The database's first process, by what PostgreSQL writes into its folder."""

    def __init__(self, folder: Path) -> None:
        self._file = place_of(folder).data / "postmaster.pid"

    def kill(self) -> None:
        """SIGKILL, if it is alive just now."""
        try:
            os.kill(int(self._file.read_text().split()[0]), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return

    def keep_down(self, seconds: float) -> None:
        """It dies again whenever it was started."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.kill()
            time.sleep(0.05)


def kill_at_random(supervisor: Supervisor, postmaster: Postmaster) -> None:
    """Every process in turn and in between the database, in an order that the seed decides; takes some 20 seconds."""
    chance = random.Random(SEED)
    plan: list[Callable[[], None]] = [lambda name=name: supervisor.kill(name) for name in KILLED]  # type: ignore[misc]
    plan += [postmaster.kill, postmaster.kill]
    plan += [lambda: supervisor.kill_a_child_of("web")] * 2
    chance.shuffle(plan)
    plan.insert(len(plan) // 2, lambda: postmaster.keep_down(LONG_OUTAGE))
    for kill in plan:
        time.sleep(chance.uniform(0.5, 2.0))
        kill()


@contextmanager
def work_goes_on(house: Installation, supervisor: Supervisor) -> Iterator[None]:
    """Signers sign and the supervisor supervises for as long as this lasts."""
    together = [Background(supervisor.look, 0.2), Background(Signers(house).sign, 0.3)]
    try:
        yield
    finally:
        for one in together:
            one.stop()
