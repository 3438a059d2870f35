import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sandbox.demo.console import language_of
from sandbox.demo.process import read_process
from sandbox.demo.wire import Exchange, line
from tests.scenarios.product import ROOT

SECONDS = 480
STORY = [
    "saves the card of a local application",
    "starts b24-edo run",
    "BX24.installFinish",
    "POST /bitrix24/install 200",
    "consents there as the Diadoc user",
    "registry prepare",
    "attaches to the deal",
    "requisites (diadoc_check_requisites): INN 9660003036",
    "invoice (diadoc_add_document)",
    "act (diadoc_add_document)",
    "check (diadoc_check_package): no faults",
    "the step waits for the outcome",
    "V3/PostMessage 200",
    "signs both documents",
    "signs the act",
    "send (diadoc_send_package): outcome success",
    "download (diadoc_download_signed): 4 files",
    "status (diadoc_get_status): Signed by both sides",
    "Where the files are",
    "All of it is true.",
]


def play(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox.demo", "--lang", "en", "--keep", str(folder), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The demo played to its end once, and the folder that it left."""
    folder = tmp_path_factory.mktemp("demo")
    return play(folder), folder


def test_the_demo_tells_the_whole_story_and_all_of_it_is_true(played) -> None:
    done, _ = played

    printed = " ".join(done.stdout.split())  # lines are wrapped
    places = [printed.find(part) for part in STORY]
    assert done.returncode == 0, done.stdout + done.stderr
    assert -1 not in places, dict(zip(STORY, places, strict=True))
    assert places == sorted(places)
    assert " NO " not in printed
    assert "\033[" not in done.stdout


def test_the_demo_leaves_the_papers_and_what_came_back_signed(played) -> None:
    _, folder = played

    sent = [path.read_bytes() for path in sorted((folder / "sent").iterdir())]
    archives = [zipfile.ZipFile(path) for path in sorted((folder / "signed").glob("*.zip"))]
    held = [[archive.read(name) for name in archive.namelist()] for archive in archives]
    assert len(sent) == len(held) == 2
    assert all(paper in entries for paper, entries in zip(sent, held, strict=True))
    assert "diadoc_send_package" in (folder / "journal.txt").read_text()


def test_the_demo_fails_and_says_what_is_not_true_when_the_counteragent_refuses(tmp_path: Path) -> None:
    done = play(tmp_path, "--refuse")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "outcome refused" in done.stdout
    assert "NO    The deal is won" in done.stdout
    assert "yes    There is exactly one letter in Diadoc, sent once" in done.stdout
    assert "Not all of it is true" in done.stdout
    assert (tmp_path / "logs" / "b24-edo.log").exists()


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
    ],
)
def test_the_language_follows_the_environment(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language


def test_the_sample_process_is_the_same_in_both_languages_but_for_what_people_read() -> None:
    russian, english = read_process("ru"), read_process("en")

    def codes(value: object) -> list[object]:
        if isinstance(value, list):
            return [code for part in value for code in codes(part)]
        if isinstance(value, dict):
            return [
                value.get("activity"),
                value.get("properties"),
                *(c for part in value.values() for c in codes(part)),
            ]
        return []

    assert codes(russian.steps) == codes(english.steps)
    assert russian.variables == english.variables
    assert russian.name != english.name


def test_requests_to_one_side_stand_together_and_repetitions_are_counted() -> None:
    exchanges = [
        Exchange("portal", "crm.item.get", 200),
        Exchange("portal", "crm.item.get", 200),
        Exchange("Diadoc", "V3/PostMessage", 0),
        Exchange("portal", "bizproc.event.send", 200),
    ]

    assert line(exchanges) == (
        "→ portal: crm.item.get 200 ×2 → Diadoc: V3/PostMessage × → portal: bizproc.event.send 200"
    )
