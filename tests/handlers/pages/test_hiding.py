"""The journal shows what people need and none of what opens doors."""

import base64

import pytest

from handlers.pages.app.hiding import HIDDEN, LONGEST, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("9660001014", "9660001014"),
        (None, ""),
        (["a", "b"], "a, b"),
        ({"inn": "1", "kpp": "2"}, "inn: 1; kpp: 2"),
        (True, "True"),
    ],
)
def test_a_plain_value_is_shown(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize("name", ["access_token", "password", "client_secret", "fileContent", "AUTH_ID", "Signature"])
def test_what_is_called_a_secret_is_hidden(name: str) -> None:
    assert shown("s3cret", name) == HIDDEN
    assert "s3cret" not in shown({name: "s3cret"})
    assert "s3cret" not in shown([{"deep": {name: ["s3cret"]}}])


@pytest.mark.parametrize(
    "address",
    [
        "https://portal.example/rest/download.json?sessid=1&auth=s3cret",
        "see https://user:s3cret@portal.example/file and more",
        "http://portal.example/a?x=1#s3cret",
    ],
)
def test_an_address_is_shown_without_what_opens_it(address: str) -> None:
    assert "s3cret" not in shown(address)
    assert "portal.example" in shown(address)


def test_the_contents_of_a_file_are_hidden() -> None:
    written = base64.b64encode(bytes(range(256)) * 4).decode()

    assert shown(written) == HIDDEN
    assert written[:50] not in shown(["name.pdf", written])


def test_a_long_text_is_cut() -> None:
    assert len(shown("слово " * 500)) == LONGEST + 1
