"""The quick way through a form gives what the long way gives."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.bitrix24 import quick_form
from clients.bitrix24.form import PayloadError, parse_form
from clients.bitrix24.quick_form import parse_usual_form

NAMES = st.text(alphabet="abcXYZ_019", min_size=1, max_size=6)
TEXTS = st.text(max_size=20)
TREES = st.recursive(TEXTS, lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=4), max_leaves=12)
FORMS = st.dictionaries(NAMES, TREES, min_size=1, max_size=6)


def pairs(name: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in pairs(f"{name}[{key}]", item)]
    return [(name, str(value))]


def built(form: dict[str, object]) -> bytes:
    fields = [pair for name, value in form.items() for pair in pairs(name, value)]
    return urlencode(fields, errors="surrogatepass").encode()


@settings(deadline=None, max_examples=300)
@given(FORMS)
def test_nested_forms_are_read_alike(form: dict[str, object]) -> None:
    raw = built(form)

    assert parse_usual_form(raw) == parse_form(raw)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*"ab01[]=&%+ ;.", "%5B", "%5D", "%00", "%FF", "a[0]=1", "&a[b]=2"]), max_size=25))
def test_odd_forms_are_read_alike(parts: list[str]) -> None:
    raw = "".join(parts).encode()
    if any(b"]=" in pair.partition(b"=")[2] for pair in raw.split(b"&")):
        return  # the long way takes it for the end of the name even inside a value

    def outcome(parse: object) -> object:
        try:
            return parse(raw)  # type: ignore[operator]
        except PayloadError as error:
            return str(error)

    assert outcome(parse_usual_form) == outcome(parse_form)


def test_the_call_of_a_robot_takes_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_form, "parse_form", None)
    raw = (
        "code=diadoc_wait&document_id%5B0%5D=crm&document_id[1]=CCrmDocumentDeal&document_id%5B2%5D=DEAL_17"
        f"&properties%5Bname%5D={quote('ООО «Ромашка» & Ко')}&properties[days]=5&auth%5Bmember_id%5D=a223&empty="
    )

    form = parse_usual_form(raw.encode(), content_type="application/x-www-form-urlencoded")

    assert form == {
        "code": "diadoc_wait",
        "document_id": ["crm", "CCrmDocumentDeal", "DEAL_17"],
        "properties": {"name": "ООО «Ромашка» & Ко", "days": "5"},
        "auth": {"member_id": "a223"},
        "empty": "",
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"a" + b"[x]" * 3000 + b"=1",
        b"&".join(b"p[%d]=1" % number for number in range(6000)),
        b'{"a": ' * 3000,
    ],
)
def test_what_the_long_way_refuses_is_refused(raw: bytes) -> None:
    with pytest.raises(PayloadError):
        parse_usual_form(raw)


def test_another_kind_of_body_takes_the_long_way() -> None:
    assert parse_usual_form(b'{"a": [1, true]}', content_type="application/json") == {"a": ["1", "Y"]}
    with pytest.raises(PayloadError):
        parse_usual_form(b"a=1", content_type="text/xml")
