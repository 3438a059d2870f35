"""Sample papers for people to look at: PDF with Cyrillic text, in a font that lies beside with its licence.

    invoice(number="17", date="20.11.2026", ...) -> bytes

The same facts give the same bytes, so that what came back from Diadoc can be compared with what was sent.
"""

import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
LEFT, RIGHT, TOP = 20 * mm, A4[0] - 20 * mm, A4[1] - 25 * mm
WIDTHS = [10 * mm, 90 * mm, 15 * mm, 25 * mm, 30 * mm]


@dataclass(frozen=True)
class Party:
    """One side of a deal."""

    name: str
    inn: str
    kpp: str

    @property
    def line(self) -> str:
        return f"{self.name}, ИНН {self.inn}" + (f", КПП {self.kpp}" if self.kpp else "")


@dataclass(frozen=True)
class Paper:
    """What stands on a paper. date: as printed, 20.11.2026; total includes vat."""

    number: str
    date: str
    total: Decimal
    vat: Decimal
    grounds: str
    seller: Party
    buyer: Party
    subject: str = "Поставка и наладка оборудования"


def invoice(paper: Paper) -> bytes:
    """Счёт на оплату."""
    sides = [f"Поставщик: {paper.seller.line}", f"Покупатель: {paper.buyer.line}"]
    return _pdf(
        paper,
        title=f"Счёт на оплату № {paper.number} от {paper.date}",
        lines=[*sides, f"Основание: {paper.grounds}"],
        ending="Оплатить в течение пяти рабочих дней.",
    )


def act(paper: Paper) -> bytes:
    """Акт о выполненных работах."""
    sides = [f"Исполнитель: {paper.seller.line}", f"Заказчик: {paper.buyer.line}"]
    return _pdf(
        paper,
        title=f"Акт № {paper.number} от {paper.date}",
        lines=[*sides, f"Основание: {paper.grounds}"],
        ending="Работы выполнены полностью и в срок. Заказчик претензий не имеет.",
    )


def _pdf(paper: Paper, *, title: str, lines: list[str], ending: str) -> bytes:
    _load_fonts()
    file = io.BytesIO()
    page = Canvas(file, pagesize=A4, invariant=1)
    page.setTitle(title)
    page.setFont(BOLD, 15)
    page.drawString(LEFT, TOP, title)
    page.line(LEFT, TOP - 4 * mm, RIGHT, TOP - 4 * mm)
    text = page.beginText(LEFT, TOP - 14 * mm)
    text.setFont(PLAIN, 10, leading=16)
    text.textLines(lines)
    page.drawText(text)
    bottom = _table(page, paper, below=text.getY())
    page.setFont(PLAIN, 10)
    page.drawString(LEFT, bottom - 10 * mm, ending)
    page.showPage()
    page.save()
    return file.getvalue()


def _table(page: Canvas, paper: Paper, *, below: float) -> float:
    """Draw the goods; the height where they end."""
    price = _money(paper.total)
    rows = [
        ["№", "Наименование", "Кол-во", "Цена", "Сумма"],
        ["1", paper.subject, "1", price, price],
        ["", "", "", "Итого:", price],
        ["", "", "", "В том числе НДС:", _money(paper.vat)],
    ]
    style = [
        ("FONT", (0, 0), (-1, -1), PLAIN, 9),
        ("FONT", (0, 0), (-1, 0), BOLD, 9),
        ("FONT", (3, 2), (-1, -1), BOLD, 9),
        ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
        ("GRID", (0, 0), (-1, 1), 0.5, colors.grey),
    ]
    table = Table(rows, colWidths=WIDTHS, style=style)
    _, height = table.wrapOn(page, RIGHT - LEFT, below)
    table.drawOn(page, LEFT, below - height)
    return below - height


def _money(value: Decimal) -> str:
    return f"{value:,.2f}".replace(",", " ").replace(".", ",")


def _load_fonts() -> None:
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
