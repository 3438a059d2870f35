import io
from decimal import Decimal

import pytest
from pypdf import PdfReader

from sandbox import papers

SELLER = papers.Party("ООО «Ромашка»", "9660001014", "966001001")
BUYER = papers.Party("ИП Астров Пётр Ильич", "966000141485", "")
PAPER = papers.Paper("17", "20.11.2026", Decimal("120000"), Decimal("21639.34"), "Договор № 5", SELLER, BUYER)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize(
    ("make", "title"),
    [(papers.invoice, "Счёт на оплату № 17 от 20.11.2026"), (papers.act, "Акт № 17 от 20.11.2026")],
)
def test_a_paper_is_a_pdf_whose_russian_text_can_be_read_out_again(make, title):
    content = make(PAPER)

    assert content.startswith(b"%PDF-")
    assert title in text_of(content)
    assert "ООО «Ромашка», ИНН 9660001014, КПП 966001001" in text_of(content)
    assert "120 000,00" in text_of(content)
    assert "21 639,34" in text_of(content)


def test_a_side_without_kpp_is_printed_without_it():
    text = text_of(papers.invoice(PAPER))

    (line,) = [line for line in text.splitlines() if "Астров" in line]
    assert line == "Покупатель: ИП Астров Пётр Ильич, ИНН 966000141485"


def test_the_font_travels_inside_the_file():
    page = PdfReader(io.BytesIO(papers.act(PAPER))).pages[0]

    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    embedded = [font for font in fonts if "DejaVu" in font["/BaseFont"]]

    assert embedded
    assert all("/FontFile2" in font["/FontDescriptor"] for font in embedded)


def test_the_same_facts_give_the_same_bytes():
    assert papers.invoice(PAPER) == papers.invoice(PAPER)


def test_the_licence_of_the_fonts_lies_beside_them():
    licence = (papers.FONTS / "LICENSE.txt").read_text()

    assert "Bitstream" in licence
    assert {path.name for path in papers.FONTS.glob("*.ttf")} == {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"}
