"""The shelf: parts, what gets lost, whose files they are and how long they live."""

import pytest
from requests import Response

from sandbox.diadoc.driver import DIRECTOR, ROBOT, DiadocSandbox, User
from tests.sandbox.diadoc_letters import BOX, attachment, letter, post, refusal, send, upload

MB = 1024 * 1024
WEEK = 7 * 86_400


def begin(sandbox: DiadocSandbox, part: bytes, query: str = "") -> str:
    answer = sandbox.call("POST", f"/ShelfUploadPartInit?fileExtension=.pdf{query}", data=part)
    assert answer.status_code == 200, answer.text
    return answer.text


def add(sandbox: DiadocSandbox, name: str, index: int, part: bytes, *, is_last: bool = False) -> Response:
    query = {"fileName": name, "partIndex": index, "isLastPart": str(is_last).lower()}
    return sandbox.call("POST", "/ShelfUploadPart", params=query, data=part)


def download(sandbox: DiadocSandbox, name: str, *, user: User = ROBOT) -> Response:
    return sandbox.call("GET", "/V2/ShelfDownload", user=user, params={"fileName": name})


def test_a_small_file_goes_up_and_comes_down(diadoc_sandbox: DiadocSandbox):
    name = upload(diadoc_sandbox, b"content")

    assert name.startswith("dd-api-")
    assert name.endswith(".pdf")
    assert download(diadoc_sandbox, name).content == b"content"


def test_a_large_file_goes_up_in_parts_in_any_order(diadoc_sandbox: DiadocSandbox):
    parts = [bytes([number]) * (3 * MB) for number in range(3)] + [b"end"]

    name = begin(diadoc_sandbox, parts[0])
    middle = add(diadoc_sandbox, name, 2, parts[2])
    last = add(diadoc_sandbox, name, 3, parts[3], is_last=True)
    late = add(diadoc_sandbox, name, 1, parts[1])

    assert (middle.status_code, middle.content) == (200, b"")
    assert last.json() == [1]
    assert late.json() == []
    assert download(diadoc_sandbox, name).content == b"".join(parts)


def test_a_single_part_may_be_the_last_one(diadoc_sandbox: DiadocSandbox):
    name = begin(diadoc_sandbox, b"all of it", "&isLastPart=true")

    assert download(diadoc_sandbox, name).content == b"all of it"


def test_parts_can_get_lost_once(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(shelf_lost_parts=[0, 1])
    name = begin(diadoc_sandbox, b"a")

    missing = add(diadoc_sandbox, name, 1, b"b", is_last=True).json()
    again = [add(diadoc_sandbox, name, index, b"ab"[index : index + 1], is_last=True).json() for index in missing]

    assert missing == [0, 1]
    assert again == [[1], []]
    assert download(diadoc_sandbox, name).content == b"ab"


def test_an_incomplete_file_cannot_be_used(diadoc_sandbox: DiadocSandbox):
    name = begin(diadoc_sandbox, b"a")

    assert refusal(download(diadoc_sandbox, name))[0] == 404
    assert refusal(post(diadoc_sandbox, letter(attachment(SignedContent={"NameOnShelf": name}))))[0] == 400


def test_a_part_over_3_mb_is_refused(diadoc_sandbox: DiadocSandbox):
    exact = diadoc_sandbox.call("POST", "/V2/ShelfUpload?fileExtension=.pdf", data=bytes(3 * MB))
    over = diadoc_sandbox.call("POST", "/V2/ShelfUpload?fileExtension=.pdf", data=bytes(3 * MB + 1))
    empty = diadoc_sandbox.call("POST", "/V2/ShelfUpload?fileExtension=.pdf", data=b"")

    assert [exact.status_code, over.status_code, empty.status_code] == [200, 400, 400]


def test_a_letter_takes_its_document_from_the_shelf(diadoc_sandbox: DiadocSandbox):
    name = upload(diadoc_sandbox, b"from the shelf")

    message_id, (entity_id,) = send(diadoc_sandbox, attachment(SignedContent={"NameOnShelf": name}))

    query = {"boxId": BOX, "messageId": message_id, "entityId": entity_id}
    assert diadoc_sandbox.call("GET", "/V4/GetEntityContent", params=query).content == b"from the shelf"


def test_names_belong_to_the_user_who_got_them(diadoc_sandbox: DiadocSandbox):
    name = upload(diadoc_sandbox, b"mine")
    body = letter(attachment(SignedContent={"NameOnShelf": name}))

    assert refusal(download(diadoc_sandbox, name, user=DIRECTOR))[0] == 404
    assert refusal(post(diadoc_sandbox, body, user=DIRECTOR))[0] == 400


def test_a_name_in_a_letter_has_no_prefix(diadoc_sandbox: DiadocSandbox):
    name = upload(diadoc_sandbox, b"mine")

    answer = post(diadoc_sandbox, letter(attachment(SignedContent={"NameOnShelf": f"__userId__/{name}"})))

    assert refusal(answer)[0] == 400


def test_the_status_for_a_missing_file_is_a_switch(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(shelf_missing_status=404)

    assert refusal(post(diadoc_sandbox, letter(attachment(SignedContent={"NameOnShelf": "gone.pdf"}))))[0] == 404


def test_files_live_for_seven_days(diadoc_sandbox: DiadocSandbox):
    name = upload(diadoc_sandbox, b"mine")

    diadoc_sandbox.advance_clock(WEEK - 60)
    young = download(diadoc_sandbox, name)
    diadoc_sandbox.advance_clock(61)
    old = download(diadoc_sandbox, name)

    assert (young.status_code, old.status_code) == (200, 404)


@pytest.mark.parametrize(
    ("dot", "extension", "status"),
    [
        *(("any", ".pdf", 200), ("any", "pdf", 200), ("required", ".pdf", 200), ("required", "pdf", 400)),
        *(("forbidden", ".pdf", 400), ("forbidden", "pdf", 200), ("any", "", 400), ("any", "../x", 400)),
    ],
)
def test_the_dot_of_an_extension_is_a_switch(diadoc_sandbox: DiadocSandbox, dot: str, extension: str, status: int):
    diadoc_sandbox.settings(shelf_extension_dot=dot)

    answer = diadoc_sandbox.call("POST", "/V2/ShelfUpload", params={"fileExtension": extension}, data=b"x")

    assert answer.status_code == status


def test_names_may_come_without_an_extension(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(shelf_name_with_extension=False)

    assert "." not in upload(diadoc_sandbox, b"x")


def test_the_old_shelf_is_gone(diadoc_sandbox: DiadocSandbox):
    up = diadoc_sandbox.call("POST", "/ShelfUpload?nameOnShelf=__userId__/a&isLastPart=1", data=b"x")
    down = diadoc_sandbox.call("GET", "/ShelfDownload?nameOnShelf=__userId__/a")

    assert (refusal(up)[0], refusal(down)[0]) == (410, 410)


def test_the_old_shelf_can_be_brought_back(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(shelf_v1="alive")

    up = diadoc_sandbox.call("POST", "/ShelfUpload?nameOnShelf=__userId__/a&partIndex=0&isLastPart=1", data=b"x")
    down = diadoc_sandbox.call("GET", "/ShelfDownload?nameOnShelf=__userId__/a")
    public = diadoc_sandbox.call("GET", "/ShelfDownload?nameOnShelf=a")

    assert (up.json(), down.content, public.status_code) == ([], b"x", 400)


@pytest.mark.parametrize("query", ["fileName=unknown&partIndex=1", "fileName=unknown", "partIndex=1"])
def test_a_part_of_no_file_is_refused(diadoc_sandbox: DiadocSandbox, query: str):
    assert diadoc_sandbox.call("POST", f"/ShelfUploadPart?{query}", data=b"x").status_code in (400, 404)
