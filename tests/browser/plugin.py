"""What a whole run knows of the browser: the option for screens, and which tests were left out for want of one."""

from collections import Counter

import pytest

FOLDER = "tests/browser/"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screens", action="store_true", help="write screenshots of pages into docs/screens")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if report.nodeid.startswith(FOLDER)]
    for line in left_out(skipped):
        terminalreporter.write_line(line)


def left_out(skipped: list[pytest.TestReport]) -> list[str]:
    """One line a file and reason, with how many of its tests did not run; nothing when all of them did."""
    counted = Counter((report.nodeid.partition("::")[0], _reason(report)) for report in skipped)
    lines = [f"  {file}: {count} – {reason}" for (file, reason), count in sorted(counted.items())]
    return ["", "left out / не выполнено:", *lines] if lines else []


def _reason(report: pytest.TestReport) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
