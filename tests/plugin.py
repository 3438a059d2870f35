"""What concerns a whole run: its order, the option for screens, and which tests were left out and why.

`make test` runs pytest twice; the note of the first run is shown again at the end of all, where it is seen.
"""

from collections import Counter
from pathlib import Path

import pytest

LONGEST = ("tests/scenarios/", "tests/browser/")
TITLE = "left out / не выполнено"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screens", action="store_true", help="write screenshots of pages into docs/screens")
    parser.addoption("--left-out", metavar="FILE", type=Path, help="write which tests were left out into this file")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no process begins one when the others are done; otherwise as they were shuffled."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = left_out(terminalreporter.stats.get("skipped", []))
    if lines:
        terminalreporter.section(TITLE)
        for line in lines:
            terminalreporter.write_line(line)
    note = config.getoption("--left-out")
    if note:
        note.write_text("\n".join([TITLE + ":", *lines, ""]) if lines else "")


def left_out(skipped: list[pytest.TestReport]) -> list[str]:
    """One line a file and reason, with how many of its tests did not run; nothing when all of them did."""
    counted = Counter((report.nodeid.partition("::")[0], _reason(report)) for report in skipped)
    return [f"  {file}: {count}, {reason}" for (file, reason), count in sorted(counted.items())]


def _reason(report: pytest.TestReport) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
