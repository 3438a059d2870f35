"""`make bench`: every measurement, each as a ratio to something timed or counted in the same run."""

import sys
import tempfile
from pathlib import Path

from bench import acknowledgement, batches, feed, memory, reports, takeover
from bench.table import Line, show
from bench.world import world

MEASUREMENTS = {
    "acknowledgement": acknowledgement.measure,
    "feed": feed.measure,
    "batches": batches.measure,
    "memory": memory.measure,
    "takeover": takeover.measure,
    "reports": reports.measure,
}


def main() -> None:
    """Names on the command line choose measurements; without any, all."""
    chosen = sys.argv[1:] or list(MEASUREMENTS)
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as everything:
        for name in chosen:
            print(f"measuring: {name}", file=sys.stderr)
            found = MEASUREMENTS[name](everything)
            lines += found
            show(found)  # also when a later one breaks off
            print()
    show(lines)


if __name__ == "__main__":
    main()
