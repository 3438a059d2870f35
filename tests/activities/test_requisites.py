"""INN, KPP and OGRN: what is right, what is wrong and why, in every form a person writes them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from activities.base import tell
from activities.requisites import REASONS, check, check_ogrn, normal_inn, normal_kpp, reasons_text, require
from errors import InnInvalid, InputInvalid, KppForbidden, KppRequired

WEIGHTS = {
    10: [(2, 4, 10, 3, 5, 9, 4, 6, 8)],
    12: [(7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)],
}
SPACES = " \t\n\u00a0\u2009\u202f\u3000\u200b\u200d\ufeff\u00ad\u2060-\u2010\u2013\u2014\u2212"
kpps = st.from_regex(r"(?!00)[0-9]{4}[0-9A-Z]{2}[0-9]{3}", fullmatch=True)


def remainder(inn, weights):
    return sum(int(digit) * weight for digit, weight in zip(inn, weights, strict=False)) % 11


def completed(digits, length):
    for weights in WEIGHTS[length]:
        digits += str(remainder(digits, weights) % 10)
    return digits


def valid_inns(length):
    body = length - len(WEIGHTS[length])
    first = st.integers(1, 99).map(lambda number: f"{number:02}")
    return st.builds(
        lambda a, b: completed(a + b, length), first, st.text("0123456789", min_size=body - 2, max_size=body - 2)
    )


any_inn = valid_inns(10) | valid_inns(12)


@given(valid_inns(10), kpps)
def test_an_organization_with_its_kpp_is_right(inn, kpp):
    found = check(inn, kpp)

    kind = "foreign_organization" if inn.startswith("9909") else "legal_entity"
    assert found == (True, kind, inn, kpp, ())


@given(valid_inns(12))
def test_an_entrepreneur_is_right_without_a_kpp(inn):
    assert check(inn) == (True, "individual_entrepreneur", inn, "", ())


@given(any_inn, st.data())
def test_no_single_wrong_digit_passes_except_where_the_rule_itself_is_blind(inn, data):
    place = data.draw(st.integers(0, len(inn) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    wrong = inn[:place] + digit + inn[place + 1 :]
    assume(wrong != inn)

    found = check(wrong)

    # Remainders 0 and 10 have the same check digit: of these two the published rule cannot tell one from the other.
    blind = all(
        remainder(wrong, weights) == remainder(inn, weights)
        or {remainder(wrong, weights), remainder(inn, weights)} == {0, 10}
        for weights in WEIGHTS[len(inn)]
    )
    assert blind or not {"INN_CHECKSUM", "INN_FORMAT"}.isdisjoint(found.reasons)


@given(any_inn, st.lists(st.tuples(st.integers(0, 12), st.sampled_from(SPACES)), max_size=5))
def test_fillers_and_a_label_do_not_matter(inn, fillers):
    written = inn
    for place, filler in fillers:
        written = written[:place] + filler + written[place:]

    assert normal_inn(f"ИНН: {written}") == inn
    assert check(written).inn == inn


@given(st.text(), st.text())
def test_whatever_is_written_gets_an_answer(inn, kpp):
    found = check(inn, kpp)

    assert found.is_valid == (not found.reasons)
    assert bool(reasons_text(found, "ru")) == (not found.is_valid)
    assert set(found.reasons) <= set(REASONS)
    assert check(found.inn, found.kpp) == found


@pytest.mark.parametrize(
    ("written", "inn"),
    [
        ("7707083893.0", "7707083893"),
        ("7707083893,00", "7707083893"),
        ("инн 7707083893", "7707083893"),
        ("INN№7707083893", "7707083893"),
        ("007707083893", "7707083893"),
        ("77 07 083893\n", "7707083893"),
        ("ИНН", ""),
        ("—", ""),
        ("ИНН/КПП 7707083893", "ИНН/КПП7707083893"[3:]),
    ],
)
def test_usual_spellings_have_one_normal_form(written, inn):
    assert normal_inn(written) == inn


@pytest.mark.parametrize(
    ("inn", "reason"),
    [
        ("", "INN_EMPTY"),
        (" \u200b", "INN_EMPTY"),
        ("77070838O3", "INN_FORMAT"),
        ("７７０７０８３８９３", "INN_FORMAT"),
        ("٧٧٠٧٠٨٣٨٩٣", "INN_FORMAT"),
        ("7.707083893E9", "INN_FORMAT"),
        ("0000000000", "INN_FORMAT"),
        ("000000000000", "INN_FORMAT"),
        ("0012345678", "INN_FORMAT"),
        ("770708389", "INN_LENGTH"),
        ("77070838931", "INN_LENGTH"),
        ("7707083893000", "INN_LENGTH"),
        ("7707083894", "INN_CHECKSUM"),
        ("500100732258", "INN_CHECKSUM"),
        ("007707083894", "INN_CHECKSUM"),
    ],
)
def test_a_wrong_inn_is_refused_with_its_reason(inn, reason):
    found = check(inn)

    assert found.reasons[0] == reason
    assert not found.is_valid


@pytest.mark.parametrize(
    "kpp",
    [
        "77360100",
        "7736010011",
        "003601001",
        "000000000",
        "7736а1001",
        "7736aa001",
        "7736ВВ001",
        "77З601001",
        "O73601001",
    ],
)
def test_a_kpp_of_another_form_is_refused(kpp):
    assert check("7707083893", kpp).reasons == ("KPP_FORMAT",)


@pytest.mark.parametrize("kpp", ["773601001", "7736AZ001", "КПП 7736 01 001", "773601001.0", "7736-01-001"])
def test_a_kpp_may_have_letters_in_two_places_and_fillers_anywhere(kpp):
    assert check("7707083893", kpp).is_valid


def test_the_kpp_goes_by_the_kind():
    assert check("7707083893").reasons == ("KPP_REQUIRED",)
    assert check("500100732259", "773601001").reasons == ("KPP_FORBIDDEN",)
    assert check("9909000006").reasons in ((), ("INN_CHECKSUM",))
    assert check(completed("990912345", 10)) == (True, "foreign_organization", completed("990912345", 10), "", ())
    assert normal_kpp("КПП: 773601001") == "773601001"


def test_all_faults_are_named_at_once():
    found = check("7707083894", "1")

    assert found.reasons == ("INN_CHECKSUM", "KPP_FORMAT")
    assert found.kind == "legal_entity"
    assert reasons_text(found, "en").count(";") == 1


def test_a_lost_leading_zero_is_hinted_at_and_never_restored():
    inn = completed("010000000", 10)

    found = check(inn[1:])

    assert found.inn == inn[1:]
    assert "ноль" in reasons_text(found, "ru")
    assert "zero" not in reasons_text(check("770708381"), "en")


@pytest.mark.parametrize(
    ("inn", "kpp", "error"),
    [
        ("7707083894", "773601001", InnInvalid),
        ("7707083893", "", KppRequired),
        ("500100732259", "773601001", KppForbidden),
        ("7707083893", "1", InputInvalid),
    ],
)
def test_required_requisites_are_refused_with_an_error_of_their_own(inn, kpp, error):
    with pytest.raises(error) as raised:
        require(inn, kpp)

    assert inn in tell(raised.value, "ru") or kpp in tell(raised.value, "ru")
    assert "—" not in tell(raised.value, "en")


def test_right_requisites_pass_in_their_normal_form():
    assert require("ИНН 7707083893", "7736 01 001").kpp == "773601001"


@given(st.integers(10**11, 10**12 - 1))
def test_an_ogrn_ends_in_its_check_digit(body):
    ogrn = f"{body}{body % 11 % 10}"

    assert check_ogrn(f"ОГРН {ogrn}").is_valid
    assert check_ogrn(ogrn).kind == "legal_entity"
    assert check_ogrn(f"{body}{(body % 11 + 1) % 10}").reasons in (("OGRN_CHECKSUM",), ())


@given(st.integers(3 * 10**13, 5 * 10**13 - 1))
def test_an_ogrnip_ends_in_the_last_digit_of_its_remainder(body):
    found = check_ogrn(f"{body}{body % 13 % 10}")

    assert found.is_valid
    assert found.kind == "individual_entrepreneur"


@pytest.mark.parametrize(
    ("ogrn", "reason"),
    [
        ("", "OGRN_EMPTY"),
        ("1О27700132195", "OGRN_FORMAT"),
        ("0027700132195", "OGRN_FORMAT"),
        ("204500116000157", "OGRN_FORMAT"),
        ("102770013219", "OGRN_LENGTH"),
        ("1027700132196", "OGRN_CHECKSUM"),
        ("304500116000158", "OGRN_CHECKSUM"),
    ],
)
def test_a_wrong_ogrn_is_refused_with_its_reason(ogrn, reason):
    found = check_ogrn(ogrn)

    assert found.reasons == (reason,)
    assert reasons_text(found, "en")


def test_every_reason_reads_in_both_languages():
    assert all(text.ru and text.en and text.ru != text.en for text in REASONS.values())
