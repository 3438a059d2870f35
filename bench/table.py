"""What a measurement says: one line, a ratio first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """ratio: of what was measured to what it is held against, in the same run; wanted: the bound, "" without one."""

    what: str
    ratio: float
    wanted: str
    measured: str


def show(lines: list[Line]) -> None:
    width = max(len(line.what) for line in lines)
    print(f"{'measured':<{width}}  {'ratio':>8}  {'wanted':<10}  of what")
    for line in lines:
        print(f"{line.what:<{width}}  {line.ratio:>8.2f}  {line.wanted:<10}  {line.measured}")
