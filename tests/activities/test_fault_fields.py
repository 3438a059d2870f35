"""Where on a form a fault is shown, told by the error or by its text alone."""

import pytest

from activities import fault_fields
from activities.base import tell
from activities.document_types import LABELS
from activities.fault_fields import fields_in, fields_of
from activities.values import Text
from errors import InputInvalid, MetadataMissing, NotFinal, PackageNotFound, RecipientMismatch, VatRateInvalid

TITLE = Text("Счёт на оплату № 17, Сумма.pdf", "Proforma invoice No. 17, Total.pdf")


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("kind", fault_fields._FIELD_OF, ids=lambda kind: kind.__name__)
def test_every_fault_is_shown_beside_the_same_field_by_its_error_and_by_its_text(kind, language):
    error = kind(system="Диадок", detail="нет", document="Акт", file_name="a.pdf", source="поле", inn="1", reason="x")

    assert fields_of(error) == (fault_fields._FIELD_OF[kind],)
    assert fields_in(tell(error, language).replace("\n", " ")) == fields_of(error)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_missing_requisites_are_shown_beside_each_of_them(language):
    lacking = [LABELS["date"], LABELS["total"], Text("AdvanceSum", "AdvanceSum")]
    error = MetadataMissing(document=TITLE, fields=lacking)

    assert fields_of(error) == ("date", "total", "metadata")
    assert fields_in(error.text(language)) == ("date", "total", "metadata")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        (LABELS["currency"], "currency"),
        (Text("Вид документа", "Document type"), "document_type"),
        (Text("Наша организация", "Our organization"), "box"),
        (Text("КПП", "KPP"), "for_kpp"),
        (Text("Ящик контрагента", "Counteragent's box"), "to_box"),
        (Text("Кто подпишет", "Signer"), "signer"),
    ],
)
def test_a_wrong_value_is_shown_beside_its_field(label, name):
    error = InputInvalid(field=label, value="XXX", hint=Text("Нужен код ISO.", "An ISO code is needed."))

    assert fields_of(error) == (name,)
    assert [fields_in(error.text(language)) for language in ("ru", "en")] == [(name,), (name,)]


def test_two_faults_with_one_word_in_common_are_told_apart():
    mismatch = RecipientMismatch(document="УПД.xml", in_file="9660003036/966001001", in_envelope="9660001014/1")
    rate = VatRateInvalid(document=TITLE, rate="25%")

    assert fields_in(mismatch.text("ru")) == ("recipient",)
    assert fields_in(rate.text("en")) == ("vat",)


@pytest.mark.parametrize("error", [PackageNotFound(package=7), NotFinal(state="sent")])
def test_what_is_about_no_field_is_shown_beside_none(error):
    assert fields_of(error) == ()
    assert fields_in(error.text("ru")) == ()
    assert fields_in("") == ()
