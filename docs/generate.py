"""`python -m docs.generate` writes what the documents take from the code; `--check` only says what is out of date."""

import sys
from pathlib import Path

from docs import catalogue, failures
from docs.markdown import replace_between

ROOT = Path(__file__).resolve().parent.parent
READMES = {"README.md": "en", "README.ru.md": "ru"}
CATALOGUES = {"docs/activities.md": "en", "docs/activities.ru.md": "ru"}


def pages() -> dict[str, str]:
    """What each file should hold, by its path from the root of the project."""
    written = {path: catalogue.page(language) for path, language in CATALOGUES.items()}
    return written | {path: _readme(path, language) for path, language in READMES.items()}


def outdated() -> list[str]:
    return [path for path, text in pages().items() if _now(path) != text]


def _readme(path: str, language: str) -> str:
    text = replace_between(_now(path), "error codes", failures.codes(language))
    return replace_between(text, "refusals", failures.refused(language))


def _now(path: str) -> str:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def main() -> None:
    late = outdated()
    if "--check" in sys.argv:
        sys.exit(f"Out of date: {', '.join(late)}. Run: python -m docs.generate" if late else 0)
    for path in late:
        (ROOT / path).write_text(pages()[path], encoding="utf-8")
        print(f"written: {path}")


if __name__ == "__main__":
    main()
