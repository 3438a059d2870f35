"""What a portal posts to us, and what anybody might post in its name."""

import json
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.bitrix24.payload import PayloadError, parse_form, read_call, read_event, read_page
from tests.clients.bitrix24_support import MEMBER_ID, SAMPLES

FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def posted(name: str) -> dict:
    return parse_form((SAMPLES / name).read_bytes(), content_type=FORM)


def encoded(value, name: str = "") -> list[str]:
    """As PHP's http_build_query writes nested values."""
    if isinstance(value, dict):
        pairs = [(f"{name}[{key}]" if name else key, item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}[{number}]", item) for number, item in enumerate(value)]
    else:
        return [f"{quote_plus(name)}={quote_plus(value)}"]
    return [line for key, item in pairs for line in encoded(item, key)]


def form(value: dict) -> bytes:
    return "&".join(encoded(value)).encode()


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
# a letter first, as Bitrix24 wants it of ids: dicts with the keys 0, 1, 2 are lists to PHP
names = st.from_regex(r"[a-zA-Z_>=@!%][a-zA-Z0-9_ .а-я]{0,10}", fullmatch=True)
trees = st.recursive(
    texts,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(names, inner, min_size=1, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(names, trees, max_size=5))
def test_whatever_php_encodes_is_read_back(tree):
    assert parse_form(form(tree), content_type=FORM) == tree


@given(st.dictionaries(names, trees, max_size=5))
def test_json_is_read_as_the_form_would_be(tree):
    assert parse_form(json.dumps(tree).encode(), content_type="application/json") == tree


@given(st.binary(max_size=300), st.sampled_from(["", FORM, "application/json", "text/html", "multipart/form-data"]))
def test_any_bytes_are_read_or_refused(raw, content_type):
    try:
        found = parse_form(raw, content_type=content_type)
    except PayloadError:
        return

    assert isinstance(found, dict)
    json.dumps(found, ensure_ascii=False).encode()  # can be stored: no halves of surrogate pairs
    assert "\\u0000" not in json.dumps(found)


@given(st.dictionaries(names, trees, max_size=6), st.sampled_from([read_call, read_event, lambda f: read_page({}, f)]))
def test_any_form_is_understood_or_refused(tree, read):
    known = {"auth": tree, "document_id": tree.get("a", ""), "code": "x", "event_token": "y", "event": "z", **tree}

    try:
        found = read(known)
    except PayloadError:
        return

    assert found.member_id


def test_json_values_become_the_texts_a_form_would_bring():
    raw = b'{"yes": true, "no": false, "nothing": null, "id": 5, "sum": 1.50, "huge": 1e999, "list": [1, []]}'

    found = parse_form(raw, content_type="application/json")

    assert found == {
        "yes": "Y",
        "no": "N",
        "nothing": "",
        "id": "5",
        "sum": "1.50",
        "huge": "1e999",
        "list": ["1", []],
    }


def test_json_is_recognised_under_a_wrong_content_type():
    assert parse_form(b' {"code": "x"}', content_type=FORM) == {"code": "x"}


def test_the_last_of_repeated_keys_counts():
    assert parse_form(b"a=1&a=2", content_type=FORM) == {"a": "2"}


def test_lists_of_more_than_twenty_items_stay_lists():
    raw = form({"ids": [str(number) for number in range(100)]})

    assert len(parse_form(raw, content_type=FORM)["ids"]) == 100


def test_keys_with_gaps_stay_keys():
    assert parse_form(b"a[0]=x&a[2]=y", content_type=FORM) == {"a": {"0": "x", "2": "y"}}


def test_characters_that_no_database_takes_are_dropped():
    found = parse_form(b'{"a\\u0000": "x\\u0000y\\ud800"}', content_type="application/json")

    assert found == {"a": "xy?"}
    assert parse_form(b"a=x%00y%ff", content_type=FORM) == {"a": "xy\ufffd"}


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"&".join(b"a%d=1" % number for number in range(5001)), FORM),
        (b"a" + b"[b]" * 17 + b"=1", FORM),
        (b"a" + b"[b]" * 3000 + b"=1", FORM),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "application/json"),
        (b'{"a":' * 100_000, "application/json"),
        (b'{"a":[' + b"1," * 5001 + b"1]}", "application/json"),
        (b"[1]", "application/json"),
        (b"code=x", "application/json"),
        (b"", "application/json"),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"<a/>", "application/xml"),
    ],
)
def test_what_is_too_much_or_no_form_is_refused(raw, content_type):
    with pytest.raises(PayloadError):
        parse_form(raw, content_type=content_type)


def test_a_robot_call_is_read():
    call = read_call(posted("robot_call.form"))

    assert (call.code, call.workflow_id) == ("diadoc_send", "6ab5bcfde8e8b0.39728274")
    assert call.document_id == ("crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic", "DYNAMIC_147_1")
    assert call.document_type == ("crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic", "DYNAMIC_147")
    assert call.properties == {"docKind": "upd", "signer": ["user_1", "user_2"], "note": "строка 1\nстрока 2 & [x]"}
    assert (call.use_subscription, call.timeout_duration) == (True, 86400)
    assert call.ts == datetime.fromtimestamp(1790295294, UTC)
    assert (call.member_id, call.application_token) == (MEMBER_ID, "made-up-application-token")
    assert call.auth.scope == ("crm", "bizproc")
    assert (call.auth.user_id, call.auth.client_endpoint) == (1, "https://example.bitrix24.example/rest/")


def test_a_call_shows_no_secrets():
    shown = repr(read_call(posted("robot_call.form")))

    for secret in ("made-up-application-token", "made-up-access", "made-up-refresh", "A1|"):
        assert secret not in shown


def test_a_call_with_only_what_the_shortest_sample_has_is_read():
    call = read_call(
        {
            "code": "diadoc_send",
            "event_token": "t",
            "document_id": ["crm", "CCrmDocumentDeal", "DEAL_17"],
            "auth": {"member_id": MEMBER_ID, "application_token": "a"},
        }
    )

    assert call.properties == {}
    assert call.document_type is None
    assert (call.use_subscription, call.timeout_duration, call.ts) == (True, 0, None)
    assert (call.auth.user_id, call.auth.scope, call.auth.expires_at) == (0, (), None)


@pytest.mark.parametrize(("text", "waits"), [("Y", True), ("N", False), ("", True), ("n", False)])
def test_a_call_says_whether_its_step_waits(text, waits):
    call = read_call({**posted("robot_call.form"), "use_subscription": text})

    assert call.use_subscription is waits


@pytest.mark.parametrize("text", ["soon", "-5", "1.5", "9" * 400, "٣", ""])
def test_unreadable_numbers_count_as_not_sent(text):
    call = read_call({**posted("robot_call.form"), "timeout_duration": text, "ts": text})

    assert (call.timeout_duration, call.ts) == (0, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", ""),
        ("code", ["x"]),
        ("code", "x" * 129),
        ("event_token", ""),
        ("event_token", {"a": "hush"}),
        ("event_token", "hush" * 1000),
        ("document_id", "DEAL_17"),
        ("document_id", ["crm", "CCrmDocumentDeal"]),
        ("document_id", ["crm", "CCrmDocumentDeal", ""]),
        ("document_id", ["crm", "CCrmDocumentDeal", ["DEAL_17"]]),
        ("document_type", ["crm"]),
        ("workflow_id", ["x"]),
        ("auth", ""),
        ("auth", {"application_token": "hush"}),
        ("auth", {"member_id": ["x"], "application_token": "hush"}),
        ("auth", {"member_id": "x" * 256, "application_token": "hush"}),
    ],
)
def test_half_a_call_is_refused_by_the_name_of_what_is_wrong_and_without_its_value(name, value):
    with pytest.raises(PayloadError) as caught:
        read_call({**posted("robot_call.form"), name: value})

    assert name in str(caught.value) or "member_id" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_an_installation_event_is_read():
    event = read_event(posted("on_app_install.form"))

    assert (event.event, event.version, event.language, event.is_installed) == ("ONAPPINSTALL", 1, "ru", True)
    assert (event.member_id, event.auth.refresh_token) == (MEMBER_ID, "made-up-refresh")
    assert event.auth.scope == ("crm", "bizproc")
    assert event.auth.server_endpoint == "https://oauth.example/rest/"


def test_an_uninstallation_says_whether_to_wipe_and_brings_no_tokens():
    event = read_event(posted("on_app_uninstall.form"))

    assert event.wants_clean
    assert (event.auth.access_token, event.auth.refresh_token) == ("", "")
    assert event.application_token == "made-up-application-token"


def test_an_event_without_a_name_or_a_portal_is_refused():
    with pytest.raises(PayloadError, match="event is missing"):
        read_event({"auth": {"member_id": "x"}})
    with pytest.raises(PayloadError, match="auth is missing"):
        read_event({"event": "ONAPPINSTALL"})


QUERY = {"DOMAIN": "example.bitrix24.example", "PROTOCOL": "1", "LANG": "ru", "APP_SID": "5" * 32}


def test_a_page_is_read_from_address_and_body():
    page = read_page(QUERY, posted("deal_tab_page.form"))

    assert (page.member_id, page.application_token) == (MEMBER_ID, "made-up-application-token")
    assert (page.access_token, page.refresh_token) == ("made-up-access", "made-up-refresh")
    assert (page.domain, page.is_https, page.language) == ("example.bitrix24.example", True, "ru")
    assert page.placement == "CRM_DEAL_DETAIL_TAB"
    assert page.placement_options["ID"] == "8061"
    assert page.server_endpoint == "https://oauth.example/rest/"
    assert page.scope == ("crm", "bizproc", "placement")


def test_a_page_of_an_older_portal_is_read():
    page = read_page({}, {"AUTH_ID": "a", "AUTH_EXPIRES": "3600", "REFRESH_ID": "r", "member_id": MEMBER_ID})

    assert (page.server_endpoint, page.application_token, page.scope) == ("", "", ())
    assert (page.placement, page.placement_options, page.expires_in) == ("DEFAULT", {}, 3600)


@pytest.mark.parametrize("options", ["", "[]", "null", "no json", "[" * 100_000, '"x"', ["x"]])
def test_placement_options_that_say_nothing_are_none(options):
    page = read_page(QUERY, {**posted("deal_tab_page.form"), "PLACEMENT_OPTIONS": options})

    assert page.placement_options == {}


def test_a_page_shows_no_secrets():
    assert "made-up" not in repr(read_page(QUERY, posted("deal_tab_page.form")))


@pytest.mark.parametrize("name", ["member_id", "AUTH_ID"])
def test_a_page_without_a_portal_or_a_token_is_refused(name):
    with pytest.raises(PayloadError, match=name):
        read_page(QUERY, {**posted("deal_tab_page.form"), name: ""})
