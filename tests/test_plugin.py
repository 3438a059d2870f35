"""What a run of many tests says of itself."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from tests.plugin import pytest_collection_modifyitems

ROOT = Path(__file__).parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "tests.plugin", "-p", "no:cacheprovider", "-n", "2"]
SKIPPING = """
import pytest

def test_good():
    assert 1

@pytest.mark.parametrize("number", [1, 2])
def test_left_out(number):
    pytest.skip("no browser")
"""


def test_it_tells_which_files_lost_how_many_tests_and_why(tmp_path):
    (tmp_path / "test_one.py").write_text(SKIPPING)
    note = tmp_path / "note"

    words = [*PYTEST, f"--rootdir={tmp_path}", f"--left-out={note}", str(tmp_path)]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60).stdout

    assert "test_one.py: 2, no browser" in told
    assert "test_one.py: 2, no browser" in note.read_text()


def test_long_files_begin_first_and_the_others_stay_shuffled():
    names = [
        "tests/b.py::1",
        "tests/scenarios/demo.py::2",
        "tests/a.py::3",
        "tests/browser/page.py::1",
        "tests/b.py::0",
    ]
    items = [SimpleNamespace(nodeid=name) for name in names]

    pytest_collection_modifyitems(items)  # type: ignore[arg-type]

    assert [item.nodeid for item in items] == [names[1], names[3], names[0], names[2], names[4]]
