"""What the demonstration prints: scenes, who did what, what was on the wire, what is true in the end."""

import os
import shutil
import sys
import textwrap
import time
from typing import TextIO

LANGUAGES = ("en", "ru")
WIDTH = 118
INDENT = 9
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "cyan": "36", "yellow": "33"}


def language_of(environ: dict[str, str]) -> str:
    """Russian where the environment asks for it by the usual variables, English otherwise."""
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "ru" if named.lower().startswith("ru") else "en"


class Console:
    """Plain text, coloured only on a terminal. language: "ru" or "en"."""

    def __init__(self, language: str, stream: TextIO | None = None) -> None:
        self.language = language
        self._stream = stream or sys.stdout
        if hasattr(self._stream, "reconfigure"):
            self._stream.reconfigure(errors="replace")  # a terminal without Cyrillic shows question marks, not a crash
        self._is_terminal = self._stream.isatty()
        self._is_coloured = self._is_terminal and "NO_COLOR" not in os.environ
        self._began_at = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began_at

    def say(self, *, ru: str, en: str) -> str:
        """The one of both that the reader understands."""
        return ru if self.language == "ru" else en

    def scene(self, *, ru: str, en: str) -> None:
        self._print("")
        self._print(self._styled(self.say(ru=ru, en=en), "bold"))

    def did(self, who: str, what: str) -> None:
        """Somebody did something, now."""
        head = f"{self.seconds:6.1f} s "
        lines = self._wrapped(f"{who}: {what}", INDENT)
        lines[0] = self._styled(head, "dim") + lines[0][INDENT:].replace(f"{who}:", self._styled(f"{who}:", "cyan"), 1)
        for line in lines:
            self._print(line)

    def detail(self, label: str, text: str) -> None:
        """One more line about what was done last."""
        indent = INDENT + len(label) + 2
        for line in self._wrapped(f"{' ' * INDENT}{label}  {text}", indent, is_indented=True):
            self._print(self._styled(line, "dim"))

    def claim(self, is_true: bool, text: str, why_not: str = "") -> None:
        mark = self._styled("  yes", "green") if is_true else self._styled("   NO", "red")
        if self.language == "ru":
            mark = self._styled("   да", "green") if is_true else self._styled("  НЕТ", "red")
        lines = self._wrapped(text if is_true or not why_not else f"{text} — {why_not}", INDENT)
        self._print(f"{mark}    {lines[0].lstrip()}")
        for line in lines[1:]:
            self._print(line)

    def text(self, text: str = "") -> None:
        self._print(text)

    def verdict(self, is_true: bool, text: str) -> None:
        self._print("")
        self._print(self._styled(text, "green" if is_true else "red"))

    def _wrapped(self, text: str, indent: int, *, is_indented: bool = False) -> list[str]:
        width = max(60, shutil.get_terminal_size((WIDTH, 24)).columns) if self._is_terminal else WIDTH
        first = "" if is_indented else " " * indent
        return textwrap.wrap(
            text,
            width,
            initial_indent=first,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first]

    def _styled(self, text: str, style: str) -> str:
        return f"\033[{STYLES[style]}m{text}\033[0m" if self._is_coloured else text

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)
