"""The few pieces of Markdown that our pages are made of."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; lines and bars inside of cells are made harmless."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines) + "\n"


def cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def rows_of(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose first head is `first`, cells as they stand there. Raises ValueError without one."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            next(lines)  # the line under the head
            break
    else:
        raise ValueError(f"there is no table that begins with {first!r}")
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        cells = line.strip("|").replace("\\|", "\0").split("|")
        rows.append([one.strip().replace("\0", "|") for one in cells])
    return rows


def replace_between(text: str, name: str, inside: str) -> str:
    """The text with everything between the marks `name` replaced. Raises ValueError when a mark is missing."""
    begin, end = f"<!-- {name}: python -m docs.generate -->\n", f"<!-- end of {name} -->"
    before, began, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (began and ended):
        raise ValueError(f"the marks of {name!r} are missing")
    return f"{before}{begin}\n{inside}\n{end}{after}"
