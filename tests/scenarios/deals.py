"""Deals that go through send, wait and download while faults hit them; what must be true of them in the end."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from sqlalchemy import select, text

from registry.packages import Packages
from registry.tables import Answer, Call, Package
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import SIGNED, PortalSandbox
from tests.scenarios import story
from tests.scenarios.faults import BEGINNING, CLOSING, Cell, Chain
from tests.scenarios.installations import Installation
from worker.enqueue import enqueue
from worker.lanes import SLOW

PATIENCE = 45.0  # of a test, for a deal to get over what has hit it
LARGE = b"%" * 600_000  # travels by the shelf
AT_ONCE = 4
SHARED_DEATH = 0.3  # seconds that a request under way waits for others to be killed with it
ENDED = ("answered", "closed", "undeliverable")
FILES = {"archive": 1, "print_form": 1, "original": 1, "protocol": 2}  # a protocol comes with its signature
FILES_OF_TWO = 2 * sum(FILES.values())
SAVED = {"save_to": ["registry", "field", "drive", "timeline"], "target_field": SIGNED, "contents": list(FILES)}


def one_after_the_other(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a careful designer draws it: each step only after the one before it was all right."""
    first, *rest = steps
    if not rest:
        return [first]
    condition = {"left": f"{{={first['name']}:result}}", "is": "ok"}
    return [first, {"if": condition, "then": one_after_the_other(rest)}]


class Deals:
    """Moves chains through their stages, each stage in threads of its own so that no fault hits a stranger."""

    def __init__(self, house: Installation) -> None:
        for box in house.boxes.all():
            house.boxes.map_signer(box.id, bitrix_user_id=1, diadoc_user_id=seed.DIRECTOR.id)
        self._house, self._killer = house, Killer(house)

    def run(self, chains: list[Chain]) -> None:
        """Until all have come to their end or have failed.

        What passes by itself may hit any deal of the same stage, so several are there at once. A lasting refusal must
        hit the deal it is meant for.
        """
        among_others = [chain for chain in chains if not chain.is_alone]
        self._together([chain for chain in among_others if not chain.is_lasting], at_once=AT_ONCE)
        self._together([chain for chain in among_others if chain.is_lasting], at_once=1)
        for chain in chains:
            if chain.is_alone:
                self._together([chain], at_once=1)

    def _together(self, chains: list[Chain], at_once: int) -> None:
        with (
            ThreadPoolExecutor(at_once) as downloads,
            ThreadPoolExecutor(at_once) as waits,
            ThreadPoolExecutor(at_once) as sends,
        ):
            pools = {"send": sends, "wait": waits, "download": downloads}
            for chain in chains:
                sends.submit(self._step, chain, list(pools), pools)

    def _step(self, chain: Chain, stages: list[str], pools: dict[str, ThreadPoolExecutor]) -> None:
        name, *rest = stages
        try:
            Stage(self._house, self._killer, chain).do(name)
        except Exception as failure:  # kept for the test of this cell, whatever it is
            chain.failures[name] = failure
            return
        if rest and (rest[0] == "wait" or chain.faults["download"] or not chain.is_alone):
            pools[rest[0]].submit(self._step, chain, rest, pools)


class Killer:
    """Kills the worker and starts another one. What is under way at the same moment dies of one SIGKILL."""

    def __init__(self, house: Installation) -> None:
        self._product, self._lock, self._last = house.product, Lock(), 0.0

    def kill(self, under_way_since: float) -> None:
        time.sleep(SHARED_DEATH)
        with self._lock:
            if self._last < under_way_since:
                self._product.kill("worker")
                self._last = time.monotonic()
                self._product.start("worker")


class Stage:
    """What is done with one deal, by drivers of its own."""

    def __init__(self, house: Installation, killer: "Killer", chain: Chain) -> None:
        self.house, self._killer, self.chain = house, killer, chain
        self.portal = PortalSandbox(list(house.portal_sandbox.urls.values()))
        self.diadoc = DiadocSandbox(house.diadoc_sandbox.url)

    def do(self, name: str) -> None:
        """send, wait or download. Raises AssertionError."""
        {"send": self._send, "wait": self._wait, "download": self._download}[name](self.chain.faults[name])

    def _send(self, cells: list[Cell]) -> None:
        number = self.chain.number
        large = LARGE if any("Shelf" in cell.method for cell in cells) else b""
        self.chain.deal = self.house.deal(
            (f"Счёт {number}.pdf", story.PDF + b"%%invoice %d" % number),
            (f"Акт {number}.pdf", story.PDF + large + b"%%act %d" % number),
        )
        self._begin_anew(cells)
        armed = self._arm(cells)
        self._start(self._papers() + self._sending())
        self._hit(armed)
        told = until(self._sent, f"the sending of {self.chain}")
        _check(told, cells)
        if told["error_code"]:
            self._again()
        if any(cell.method == BEGINNING for cell in cells):
            self._reconcile()

    def _wait(self, cells: list[Cell]) -> None:
        armed = self._arm(cells)
        self._sign()
        self._hit(armed)
        if any(cell.kind == CLOSING for cell in cells):
            until(self._is_box_closed, "the end of the access to our box")
        self._reconnected()
        outputs = self._finished()["outputs"]["send"]
        assert outputs["outcome"] == "success", outputs

    def _download(self, cells: list[Cell]) -> None:
        armed = self._arm(cells)
        self._start([{"activity": "diadoc_download_signed", "name": "download", "properties": SAVED}])
        self._hit(armed)
        told = self._finished()["outputs"]["download"]
        _check(told, cells)
        if not told["error_code"]:
            self._check_files(told)

    # what they consist of

    def _papers(self) -> list[dict[str, Any]]:
        number = self.chain.number
        return [
            story.add("invoice", "ProformaInvoice", f"И-{number}", 1, grounds="Договор 5"),
            story.add("act", "AcceptanceCertificate", f"А-{number}", 2),
        ]

    def _sending(self) -> list[dict[str, Any]]:
        properties = {"wait_for": "outcome", "deadline_days": "5", "signer": "user_1"}
        return [{"activity": "diadoc_send_package", "name": "send", "properties": properties}]

    def _start(self, steps: list[dict[str, Any]]) -> None:
        self.chain.workflow = self.house.start_workflow(self.chain.deal, one_after_the_other(steps))

    def _again(self) -> None:
        """The fault is healed, and a person starts the process once more."""
        self._reconnected()
        package = self._package()
        is_sent = package is not None and package.state == "sent"
        self._start(self._sending() if is_sent else self._papers() + self._sending())
        told = until(self._sent, f"a sending after the fault was healed, {self.chain}")
        assert not told["error_code"], told

    def _begin_anew(self, cells: list[Cell]) -> None:
        """What is asked rarely is asked again, as of a box that has just been connected."""
        rare = {BEGINNING: "index_key = null", "GetDocumentTypes": "document_types_read_at = null"}
        for cell in cells:
            if cell.method in rare:
                self._sql(f"update box set {rare[cell.method]}")
            elif cell.method == "oauth.token":
                self.portal.expire_tokens()
            elif cell.method == "connect/token":
                self.diadoc.revoke_tokens(seed.ROBOT, "access")

    def _reconcile(self) -> None:
        """What other deals' signatures brought between the old beginning of the feed and the new one."""
        with self.house.database.session() as session:
            enqueue(session, "reconcile", queue=SLOW, box_pk=self.house.box.id)

    def _arm(self, cells: list[Cell]) -> dict[int, Cell]:
        return {self._sandbox(cell).fault(cell.method, **cell.fault): cell for cell in cells}

    def _sandbox(self, cell: Cell) -> PortalSandbox | DiadocSandbox:
        return self.portal if cell.system == "portal" else self.diadoc

    def _hit(self, armed: dict[int, Cell]) -> None:
        """Wait until the faults have hit somebody; kill the worker if they are of that kind."""
        for number, cell in armed.items():
            until(lambda: self._has_hit(number, cell), f"the fault of {cell}")  # noqa: B023 - asked at once
            if cell.kind == "kill":
                self._killer.kill(time.monotonic())

    def _has_hit(self, number: int, cell: Cell) -> bool:
        return any(fault["id"] == number and fault["times"] == 0 for fault in self._sandbox(cell).faults())

    def _sent(self) -> dict[str, Any] | None:
        """What the workflow was told last: an error that ended it, or nothing wrong once it waits for signatures."""
        calls = self._calls()
        if any(call.state == "waiting" for call in calls):
            return {"error_code": ""}
        if not calls or any(call.state not in ENDED for call in calls):
            return None
        workflow = self.portal.workflow(self.chain.workflow)
        if workflow["state"] == "running":
            return None
        return next(outputs for outputs in reversed(workflow["outputs"].values()) if outputs)

    def _finished(self) -> dict[str, Any]:
        """The workflow when it has come to its end."""

        def finished() -> dict[str, Any] | None:
            if any(call.state not in ENDED for call in self._calls()):
                return None
            workflow = self.portal.workflow(self.chain.workflow)
            return workflow if workflow["state"] != "running" else None

        return until(finished, f"the end of workflow {self.chain.workflow} of {self.chain}")

    def _calls(self) -> list[Call]:
        with self.house.database.session() as session:
            return list(session.scalars(select(Call).where(Call.workflow_id == self.chain.workflow)))

    def _package(self) -> Package | None:
        packages = Packages(self.house.database, self.house.portal.id)
        place = {"crm_item": f"D_{self.chain.deal}", "name": ""}
        return packages.last_sent_of(**place) or packages.open_of(**place)

    def _sign(self) -> None:
        package = self._package()
        assert package is not None
        assert package.message_id is not None
        self.diadoc.sign_by_sender(package.message_id)
        self.diadoc.sign_by_recipient(package.message_id)

    def _reconnected(self) -> None:
        """An administrator sees that a box is closed, renews what has ended and connects it again."""
        self._sql("update box set status = 'connected' where status <> 'connected'")

    def _is_box_closed(self) -> bool:
        return self.house.box.status != "connected"

    def _sql(self, statement: str) -> None:
        with self.house.database.session() as session:
            session.execute(text(statement))

    def _check_files(self, told: dict[str, Any]) -> None:
        deal = self.chain.deal
        expected = Counter(told["sha256"])
        in_field = Counter(_sha256(content) for _, content in self.portal.files(SIGNED, item_id=deal))
        comments = [one for one in self.portal.timeline(item_id=deal) if one["kind"] == "comment"]
        files = FILES_OF_TWO - sum(FILES[name.partition(":")[0]] for name in told["missing"])
        assert sum(expected.values()) == files, told["file_names"]
        assert in_field == expected, "files in the field"
        assert len(comments) == 1, "comments in the timeline"
        assert Counter(_sha256(one["content"]) for one in comments[0]["files"]) == expected, "files of the comment"
        assert len(set(told["drive_file_ids"])) == files, "files on the Drive"


def until(is_done: Callable[[], Any], what: str) -> Any:
    """As wait_until, asking seldom: many deals are looked at, and looking takes time away from them."""
    deadline = time.monotonic() + PATIENCE
    while not (found := is_done()):
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE} s"
        time.sleep(0.15)
    return found


def _check(told: dict[str, Any], cells: list[Cell]) -> None:
    allowed = set().union(*(cell.may_be_told for cell in cells)) or {""}
    assert told["error_code"] in allowed, f"told {told['error_code']}: {told.get('error_text')}; expected {allowed}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Books:
    """What must be true in the end, whatever hit whom."""

    def __init__(self, house: Installation) -> None:
        self.house = house

    def unanswered(self) -> list[tuple[int, str, str]]:
        """Accepted calls that have not come to an end."""
        with self.house.database.session() as session:
            rows = session.execute(select(Call.id, Call.code, Call.state).where(Call.state.not_in(ENDED)))
            return [tuple(row) for row in rows]  # type: ignore[misc]

    def undelivered(self) -> list[tuple[int, str]]:
        with self.house.database.session() as session:
            rows = session.execute(select(Answer.call_id, Answer.state).where(Answer.state != "delivered"))
            return [tuple(row) for row in rows]  # type: ignore[misc]

    def answers_applied(self) -> dict[str, Counter[str]]:
        """workflow → how many answers each of its waiting steps has taken."""
        found: dict[str, Counter[str]] = {}
        for workflow in self.house.portal_sandbox.workflows():
            applied = [answer["event_id"] for answer in workflow["answers"] if answer["applied"]]
            found[workflow["id"]] = Counter(applied)
        return found

    def letters(self) -> dict[str, list[tuple[str, str]]]:
        """Document number → (message, number) of everything that Diadoc holds under it."""
        found: dict[str, list[tuple[str, str]]] = {}
        for document in self.house.diadoc_sandbox.documents():
            number = document["DocumentNumber"]
            found.setdefault(number, []).append((document["MessageId"], document["FileName"]))
        return found

    def wait_quiet(self, seconds: float = 10) -> None:
        """Until the queue holds nothing that is due."""
        due = text("select count(*) from procrastinate_jobs where status in ('todo', 'doing') and queue_name = 'calls'")

        def is_empty() -> bool:
            with self.house.database.session() as session:
                return session.scalars(due).one() == 0

        deadline = time.monotonic() + seconds
        while not is_empty() and time.monotonic() < deadline:
            time.sleep(0.1)
