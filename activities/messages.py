"""Messages to people: lines of text and links, once as BB-code for the portal and once as plain text for mail.

Whatever others wrote (names, titles, reasons) becomes plain text here.
"""

from dataclasses import dataclass

from activities.timeline import link, plain
from activities.values import shorten

LINE_LENGTH = 500


@dataclass(frozen=True)
class Line:
    """One line. address: what it opens, "" = nothing; is_title: shown in bold."""

    text: str
    address: str = ""
    is_title: bool = False

    @property
    def bb_code(self) -> str:
        shown = shorten(self.text, LINE_LENGTH)
        if self.address:
            return link(self.address, shown)
        return f"[B]{plain(shown)}[/B]" if self.is_title else plain(shown)

    @property
    def plain(self) -> str:
        shown = shorten(self.text, LINE_LENGTH)
        return f"{shown}: {self.address}" if self.address else shown


@dataclass(frozen=True)
class Message:
    lines: tuple[Line, ...]

    @property
    def bb_code(self) -> str:
        return "\n".join(line.bb_code for line in self.lines)

    @property
    def plain(self) -> str:
        return "\n".join(line.plain for line in self.lines)
