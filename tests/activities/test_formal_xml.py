"""Formal XML documents: what is read out of each layout, and what is refused without harm."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from activities.base import tell
from activities.formal_xml import SIZE_LIMIT, FormalDocument, Party, read_formal
from errors import InputInvalid

SELLER = '<ИдСв><СвЮЛУч НаимОрг="ООО «Поставка»" ИННЮЛ="7700000008" КПП="770001001"/></ИдСв>'
BUYER = '<ИдСв><СвЮЛУч НаимОрг="ООО «Закупка»" ИННЮЛ="7800000007" КПП="780101001"/></ИдСв>'
ENTREPRENEUR = '<ИдСв><СвИП ИННФЛ="500100732259"><ФИО Фамилия="Петров" Имя="Пётр"/></СвИП></ИдСв>'
OLD_SELLER, OLD_BUYER = (
    party.replace("СвЮЛУч", "СвЮЛ").replace("<ИдСв>", "<ИдСв><СвОрг>").replace("</ИдСв>", "</СвОрг></ИдСв>")
    for party in (SELLER, BUYER)
)
TOTALS = (
    '<ВсегоОпл СтТовБезНДСВсего="1000.00" СтТовУчНалВсего="1220.00">'
    "<СумНалВсего><СумНал>220.00</СумНал></СумНалВсего></ВсегоОпл>"
)
NO_VAT = '<ВсегоОпл СтТовУчНалВсего="1000.00"><СумНалВсего><БезНДС>без НДС</БезНДС></СумНалВсего></ВсегоОпл>'


def file(document, *, version="5.03", encoding="windows-1251", prolog=""):
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>{prolog}<Файл ИдФайл="ON_X" ВерсФорм="{version}">{document}</Файл>'
    )
    return text.encode(encoding)


def transfer(*, function="СЧФДОП", extra="", totals=TOTALS, buyer=BUYER):
    return (
        f'<Документ КНД="1115131" Функция="{function}"><СвСчФакт НомерДок="17/А" ДатаДок="20.11.2026">{extra}'
        f"<СвПрод>{SELLER}</СвПрод><ГрузПолуч>{ENTREPRENEUR}</ГрузПолуч><СвПокуп>{buyer}</СвПокуп>"
        f'<ДенИзм КодОКВ="643" НаимОКВ="Российский рубль"/></СвСчФакт>'
        f'<ТаблСчФакт><СведТов НалСт="22%"/><СведТов НалСт="10%"/>{totals}</ТаблСчФакт></Документ>'
    )


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8"])
def test_a_transfer_document_tells_all_about_itself(encoding):
    document = read_formal(file(transfer(), encoding=encoding))

    assert document == FormalDocument(
        file_id="ON_X",
        document_type="UniversalTransferDocument",
        function="СЧФДОП",
        format_version="5.03",
        versions=("utd970_05_03_01",),
        is_revision=False,
        number="17/А",
        date=date(2026, 11, 20),
        senders=(Party("7700000008", "770001001", "ООО «Поставка»"),),
        recipients=(Party("7800000007", "780101001", "ООО «Закупка»"),),
        total=Decimal("1220.00"),
        vat=Decimal("220.00"),
        vat_rates=("10%", "22%"),
        currency="643",
        layout="utd",
    )


def test_the_older_layout_of_a_transfer_document_is_read_too():
    old = (
        '<Документ Функция="ДОП"><СвСчФакт НомерСчФ="5" ДатаСчФ="01.02.2024" КодОКВ="840">'
        f"<СвПрод>{SELLER}</СвПрод><СвПокуп>{ENTREPRENEUR}</СвПокуп></СвСчФакт><ТаблСчФакт>{NO_VAT}</ТаблСчФакт></Документ>"
    )

    document = read_formal(file(old, version="5.01"))

    assert (document.number, document.date, document.currency) == ("5", date(2024, 2, 1), "840")
    assert document.recipients == (Party("500100732259", "", "Петров Пётр"),)
    assert (document.total, document.vat) == (Decimal("1000.00"), None)
    assert "utd820_05_01_01" in document.versions


def test_a_revised_document_is_of_another_kind():
    revised = read_formal(file(transfer(extra='<ИспрДок НомИспр="2" ДатаИспр="21.11.2026"/>')))
    placeholder = read_formal(file(transfer(extra='<ИспрСчФ ДефНомИспрСчФ="-" ДефДатаИспрСчФ="-"/>')))

    assert revised.document_type == "UniversalTransferDocumentRevision"
    assert placeholder.document_type == "UniversalTransferDocument"


@pytest.mark.parametrize(
    ("function", "sent_as", "expected"),
    [
        ("СЧФДОП", "UniversalTransferDocument", "СЧФДОП"),
        ("СЧФ", "Invoice", "default"),
        ("ДОП", "XmlTorg12", "default"),
        ("ДОП", "XmlAcceptanceCertificate", "default"),
        ("СЧФДОП", "Invoice", None),
        ("СЧФ", "XmlTorg12", None),
        ("ДОП", "UniversalTransferDocumentRevision", None),
        ("ДОП", "UniversalCorrectionDocument", None),
        ("ДОП", "XmlProformaInvoice", None),
    ],
)
def test_one_layout_may_be_sent_as_several_kinds(function, sent_as, expected):
    document = read_formal(file(transfer(function=function)))

    assert document.function_for(sent_as) == expected


def test_a_correction_names_itself_and_not_the_invoice_it_corrects():
    correction = (
        '<Документ Функция="КСЧФДИС"><СвКСчФ НомерКСчФ="К-1" ДатаКСчФ="20.11.2026" КодОКВ="643">'
        f'<СчФ НомерСчФ="17" ДатаСчФ="01.11.2026"/><СвПрод>{SELLER}</СвПрод><СвПокуп>{BUYER}</СвПокуп></СвКСчФ>'
        '<ТаблКСчФ><ВсегоУм СтТовУчНалВсего="100.00"/></ТаблКСчФ></Документ>'
    )

    document = read_formal(file(correction, version="5.01"))

    assert (document.document_type, document.function) == ("UniversalCorrectionDocument", "КСЧФДИС")
    assert (document.number, document.total) == ("К-1", None)
    assert document.versions[0] == "ucd736_05_01_03"
    assert document.recipients[0].inn == "7800000007"


OLDER = [
    (
        '<СвДокПТПрКроме><СвДокПТПр><ИдентДок НомДокПТ="9" ДатаДокПТ="20.11.2026"/><ДенИзм КодОКВ="643"/><СодФХЖ1>'
        f"<ГрузПолуч>{ENTREPRENEUR}</ГрузПолуч><Продавец>{OLD_SELLER}</Продавец><Покупатель>{OLD_BUYER}</Покупатель>"
        '</СодФХЖ1></СвДокПТПр><СодФХЖ2><Таблица><Всего СтУчНДСВс="1220.00" СумНДСВс="220.00"/></Таблица></СодФХЖ2>'
        "</СвДокПТПрКроме>",
        "XmlTorg12",
        ("tovtorg_05_02_01",),
    ),
    (
        f"<СвТНО><Поставщик>{OLD_SELLER}</Поставщик><Плательщик>{OLD_BUYER}</Плательщик>"
        '<ТН НомТН="9" ДатаТН="20.11.2026"><Таблица><ВсегоНакл СумУчНДСВс="1220.00" СумНДСВс="220.00"/></Таблица></ТН>'
        '<ДенИзм КодОКВ="643"/></СвТНО>',
        "XmlTorg12",
        (),
    ),
    (
        '<СвДокПРУ><ИдентДок НомДокПРУ="9" ДатаДокПРУ="20.11.2026"/><ДенИзм КодОКВ="643"/><СодФХЖ1>'
        f"<Исполнитель>{OLD_SELLER}</Исполнитель><Заказчик>{OLD_BUYER}</Заказчик>"
        '<ОписРабот СтУчНДСИт="1220.00" СумНДСИт="220.00"/></СодФХЖ1></СвДокПРУ>',
        "XmlAcceptanceCertificate",
        ("rezru_05_02_01",),
    ),
    (
        f'<СодСч НомерДок="9" ДатаДок="20.11.2026">{TOTALS}<ДенИзм><КодОКВ>643</КодОКВ></ДенИзм>'
        f"<СвПрод>{SELLER}</СвПрод><СвПокуп>{BUYER}</СвПокуп></СодСч>",
        "XmlProformaInvoice",
        (),
    ),
]


@pytest.mark.parametrize(("content", "document_type", "versions"), OLDER)
def test_notes_acts_and_bills_are_read(content, document_type, versions):
    document = read_formal(file(f"<Документ>{content}</Документ>", version="5.02"))

    assert (document.document_type, document.function, document.versions) == (document_type, "default", versions)
    assert (document.number, document.date, document.currency) == ("9", date(2026, 11, 20), "643")
    assert (document.total, document.vat) == (Decimal("1220.00"), Decimal("220.00"))
    assert [party.inn for party in document.senders] == ["7700000008"]
    assert [(party.inn, party.kpp) for party in document.recipients] == [("7800000007", "780101001")]


def test_a_rate_that_no_layout_knows_is_reported():
    document = read_formal(file(transfer(totals='<СведТов><НалСт>21%</НалСт></СведТов><СведТов НалСт="без НДС"/>')))

    assert document.wrong_vat_rates == ("21%",)


def test_what_is_not_filled_is_empty_and_no_failure():
    document = read_formal(file("<Документ><СвСчФакт ДатаДок='31.02.2026'/></Документ>", version="9.99"))

    assert (document.number, document.date, document.total, document.currency) == ("", None, None, "")
    assert (document.versions, document.senders, document.recipients) == ((), (), ())


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>"
STRANGER = '<!DOCTYPE x SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "cannot be read"),
        (b"%PDF-1.7", "cannot be read"),
        (file(transfer())[:-20], "cannot be read"),
        ('<?xml version="1.0" encoding="utf-8"?><Файл/>'.encode("cp1251"), "cannot be read"),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', "encoding"),
        (b'<?xml version="1.0" encoding="unicode_escape"?><a/>', "encoding"),
        ("<Накладная/>".encode(), "no formal"),
        (file(""), "no formal"),
        (file("<Документ/>"), "not supported"),
        (file('<Документ КНД="1115132"><ИдИнфПрод/></Документ>'), "buyer title"),
        (file(transfer(), prolog=LAUGHS), "DOCTYPE"),
        (file(transfer(), prolog=STRANGER), "DOCTYPE"),
        (file("<а>" * 200 + "</а>" * 200), "too deeply"),
        (b" " * (SIZE_LIMIT + 1), "3 MB"),
    ],
)
def test_what_is_no_formal_document_is_refused_by_name(content, hint):
    with pytest.raises(InputInvalid) as raised:
        read_formal(content, "накладная.xml")

    assert hint in tell(raised.value, "en")
    assert "накладная.xml" in tell(raised.value, "ru")


PIECES = [
    "<Файл>",
    "</Файл>",
    "<Документ>",
    "</Документ>",
    "<СвСчФакт НомерДок='1'>",
    "</СвСчФакт>",
    "&x;",
    "<!DOCTYPE a>",
    "<",
]


@given(
    st.binary(max_size=300) | st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map(lambda x: "".join(x).encode())
)
@example("<Файл><Документ><СвСчФакт НомерДок='1'></СвСчФакт></Документ></Файл>".encode())
def test_garbage_is_read_or_refused_and_never_crashes(content):
    try:
        found = read_formal(content).document_type
    except InputInvalid as error:
        found = error.code

    assert found in ("UniversalTransferDocument", "INPUT_INVALID")
