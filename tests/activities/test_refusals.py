import pytest

from activities.refusals import reason_in


def test_a_plain_reason_is_taken_as_it_is() -> None:
    assert reason_in("\ufeffНеверная сумма\n".encode()) == "Неверная сумма"


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8"])
def test_the_reason_is_found_in_the_tax_services_xml(encoding: str) -> None:
    xml = (
        f'<?xml version="1.0" encoding="{encoding}"?><Файл><Документ><СвУведУточ>'
        "<ТекстУведУточ>Сумма &lt; договорной</ТекстУведУточ></СвУведУточ></Документ></Файл>"
    )

    assert reason_in(xml.encode(encoding)) == "Сумма < договорной"


def test_an_xml_without_a_text_gives_no_reason() -> None:
    assert reason_in(b'<?xml version="1.0"?><a><b>1</b></a>') == ""


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert isinstance(reason_in(bytes(range(256))), str)
