"""A package has one entry in its deal's timeline, whatever happens while it is made and kept up to date."""

from io import BytesIO
from typing import Any

import pytest

from activities import registries
from activities.context import Context
from activities.deal_entry import tell
from errors import Unavailable
from registry.settings import change_settings
from registry.tables import Box, Portal
from sandbox.portal.driver import DISMISSED, MANAGER
from tests.activities.telling_support import LYUTIK, MONDAY, Stage, make_stage

ADD, UPDATE = "crm.activity.configurable.add", "crm.activity.configurable.update"


@pytest.fixture
def stage(context: Context, box: Box, portal_sandbox) -> Stage:
    return make_stage(context.registry, portal_sandbox, context.diadoc(box), box)


def texts(block: dict[str, Any]) -> list[str]:
    """Everything that a block shows."""
    own = [block[name] for name in ("title", "value", "text") if isinstance(block.get(name), str)]
    inner = [value for value in block.values() if isinstance(value, dict)]
    return [*own, *(text for one in inner for text in texts(one))]


def body(entry: dict[str, Any]) -> dict[str, str]:
    """Block → what it shows."""
    return {name: " | ".join(texts(block)) for name, block in entry["layout"]["body"]["blocks"].items()}


# what it shows


def test_it_tells_the_state_with_whom_who_must_act_and_since_when(context, stage):
    package = stage.sent("act", "letter", state="waiting_for_our_signature", since=MONDAY)

    tell(context, package.id)

    entry = stage.entry()
    act, letter = stage.documents(package)
    assert entry["layout"]["header"]["title"].endswith("»: ожидает нашей подписи")
    assert entry["layout"]["header"]["tags"]["state"] == {"title": "Нужна наша подпись", "type": "warning"}
    shown = body(entry)
    assert shown["counteragent"] == f"Контрагент | {LYUTIK}, ИНН 9660003036, КПП 966001001"
    assert shown["waiting"] == "Кто должен действовать | наш подписант, с 16.11.2026"
    assert "Акт" in shown[f"document{act.id}"]
    assert shown[f"document{letter.id}"].endswith("Ожидает нашей подписи")
    assert entry["fields"]["responsibleId"] == MANAGER
    assert entry["fields"]["completed"] == "N"


def test_its_first_button_opens_the_documents_in_diadoc(context, stage):
    package = stage.sent()

    tell(context, package.id)

    buttons = stage.entry()["layout"]["footer"]["buttons"]
    assert buttons["diadoc"]["title"] == "Открыть в Диадоке"
    assert f"letterId={package.message_id}" in buttons["diadoc"]["action"]["uri"]
    assert buttons["edo"]["action"]["actionParams"]["packageId"] == package.id


@pytest.mark.parametrize(
    ("state", "title", "tag", "colour"),
    [
        ("sent", "отправлен", "В пути", "primary"),
        ("delivered", "доставлен контрагенту", "Ждём контрагента", "primary"),
        ("signed_by_counteragent", "подписан обеими сторонами", "Завершён успешно", "success"),
        ("signed_with_discrepancies", "подписан с расхождениями", "Подписан с расхождениями", "warning"),
        ("refused", "контрагент отказал в подписи", "Отказ", "failure"),
        ("roaming_failed", "не доставлен: ошибка роуминга", "Не удалось отправить", "failure"),
        ("revocation_requested_by_counteragent", "контрагент предложил аннулировать", "Нужна наша подпись", "warning"),
        ("revoked", "аннулирован", "Аннулирован", "secondary"),
    ],
)
def test_each_state_has_its_words_and_colour(context, stage, state, title, tag, colour):
    package = stage.sent(state=state)

    tell(context, package.id)

    header = stage.entry()["layout"]["header"]
    assert header["title"].endswith(f": {title}")
    assert header["tags"]["state"] == {"title": tag, "type": colour}


def test_it_speaks_english_where_the_portal_does(context, stage, again):
    package = stage.sent(state="refused")

    tell(again(context, language="en"), package.id)

    entry = stage.entry()
    assert entry["layout"]["header"]["title"].startswith(f"EDI package No. {package.id}")
    assert not any("а" <= sign <= "я" for sign in entry["layout"]["header"]["tags"]["state"]["title"])
    assert body(entry)["counteragent"].startswith("Counteragent")


def test_a_refusal_is_shown_with_its_reason(context, stage):
    package = stage.put(stage.sent(), "refused", refusal_reason="Неверная сумма " * 100)

    tell(context, package.id)

    reason = body(stage.entry())["reason"]
    assert reason.startswith("Причина отказа | Неверная сумма")
    assert len(reason) < 600


def test_forty_papers_find_room_in_twenty_blocks(context, stage):
    package = stage.sent(*["act"] * 40, state="delivered")

    tell(context, package.id)

    blocks = body(stage.entry())
    assert len(blocks) == 20
    assert "И ещё документов: 23" in blocks["rest"]
    assert blocks["rest"].count("Доставлен контрагенту") == 23


def test_a_name_with_markup_stays_text(context, stage):
    package = stage.sent()
    stage.sql("update document set number = '', file_name = '[URL=http://evil]<b>x</b>[/URL].pdf'")

    tell(context, package.id)

    assert "[" not in str(body(stage.entry()))


# one entry


def test_it_is_updated_and_never_repeated(context, stage, again):
    package = stage.sent()
    tell(context, package.id)

    stage.put(package, "signed_by_counteragent")
    tell(again(context), package.id)

    entry = stage.entry()
    assert "подписан обеими сторонами" in entry["layout"]["header"]["title"]
    assert entry["fields"]["completed"] == "Y"


def test_what_is_unchanged_is_not_written(context, stage, again):
    package = stage.sent()
    tell(context, package.id)
    stage.sandbox.forget_requests()

    tell(again(context), package.id)

    assert stage.sandbox.requests() == []


@pytest.mark.parametrize("kind", ["lost_reply", "garbage"])
def test_an_entry_whose_making_was_left_unclear_is_found_again(context, stage, again, kind):
    package = stage.sent()
    stage.sandbox.fault(ADD, kind)
    with pytest.raises(Unavailable):
        tell(context, package.id)

    tell(again(context), package.id)

    assert stage.entry()["fields"]["originId"] == f"package:{package.id}"


def test_an_entry_that_was_not_made_is_made_the_next_time(context, stage, again):
    package = stage.sent()
    stage.sandbox.fault(ADD, "lost_request")
    with pytest.raises(Unavailable):
        tell(context, package.id)

    tell(again(context), package.id)

    assert len(stage.entries()) == 1


def test_an_entry_that_a_person_deleted_is_not_made_again(context, stage, again):
    package = stage.sent()
    tell(context, package.id)
    stage.sandbox.remove_activity(stage.entry()["id"])

    for state in ("delivered", "signed_by_counteragent"):
        stage.put(package, state)
        tell(again(context), package.id)

    assert stage.entries() == []
    assert stage.asked(UPDATE) == 1


def test_the_entry_of_a_deleted_deal_is_given_up(context, stage, again):
    package = stage.sent()
    stage.sandbox.do("remove_item", portal="first", entity_type_id=2, item_id=1)

    tell(context, package.id)
    tell(again(context), package.id)

    assert stage.asked(ADD) == 1


def test_an_application_that_was_added_anew_makes_an_entry_of_its_own(context, stage, again):
    package = stage.sent()
    tell(context, package.id)
    first = stage.entry()["id"]
    body = '{"error": "ERROR_WRONG_APPLICATION", "error_description": "Another one"}'
    stage.sandbox.fault(UPDATE, "status", status=400, body=body)
    stage.put(package, "delivered")

    tell(again(context), package.id)
    stage.put(package, "signed_by_counteragent")
    tell(again(context), package.id)

    newest = max(stage.entries(), key=lambda one: one["id"])
    assert newest["id"] != first
    assert newest["fields"]["completed"] == "Y"


def test_each_package_has_an_entry_of_its_own(context, stage):
    for package in (stage.sent(), stage.sent()):
        tell(context, package.id)

    assert len({one["fields"]["originId"] for one in stage.entries()}) == 2


def test_an_empty_package_is_not_told_of(context, stage):
    package = stage.registry.packages.open_or_create(crm_item="D_1", name="")

    tell(context, package.id)

    assert stage.entries() == []


def test_a_dismissed_person_is_not_made_responsible(context, stage):
    stage.sandbox.change_item({"ASSIGNED_BY_ID": DISMISSED})

    tell(context, stage.sent().id)

    assert stage.entry()["fields"]["responsibleId"] == context.portal.installer_user_id


def test_a_portal_that_wants_no_entries_gets_none(context, stage, database, connected_portal: Portal):
    change_settings(database, connected_portal.id, user_id=1, tells_timeline=False)

    tell(context, stage.sent().id)

    assert stage.entries() == []


# portals without entries


def refuse_entries(stage: Stage) -> None:
    body = '{"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}'
    stage.sandbox.fault(ADD, "status", status=404, body=body, times=-1)


def test_a_portal_without_the_method_gets_one_comment_an_outcome(context, stage, again):
    refuse_entries(stage)
    package = stage.sent()
    tell(context, package.id)
    before = stage.comments()

    stage.put(package, "refused", refusal_reason="[b]нет[/b]")
    for _ in range(3):
        tell(again(context), package.id)

    (comment,) = stage.comments()
    assert before == []
    assert comment.splitlines()[0].endswith(": контрагент отказал в подписи")
    assert "Причина: (b)нет(/b)" in comment
    assert "Открыть в Диадоке" in comment


def test_a_comment_whose_making_was_left_unclear_is_found_again(context, stage, again):
    refuse_entries(stage)
    package = stage.sent(state="refused")
    stage.sandbox.fault("crm.timeline.comment.add", "lost_reply")
    with pytest.raises(Unavailable):
        tell(context, package.id)

    tell(again(context), package.id)

    assert len(stage.comments()) == 1


def test_what_is_in_the_way_is_remembered(context, stage):
    refuse_entries(stage)
    package = stage.sent()

    tell(context, package.id)

    (effect,) = context.registry.effects(f"package:{package.id}").all()
    assert (effect.name, effect.facts["trouble"]) == ("entry", "NO_ACCESS")


# where a registry is


def test_papers_open_in_the_registry_once_they_are_there(context, stage, again):
    registries.prepare(context)
    package = stage.sent("act")
    document = stage.documents(package)[0]
    registries.show(context, package.id)
    tell(context, package.id)
    line = stage.entry()["layout"]["body"]["blocks"][f"document{document.id}"]["properties"]["blocks"]
    before = "files" in line

    blob = context.blobs.put(context.portal.id, BytesIO(b"signed"))
    context.registry.packages.keep_file(document.id, kind="archive", file_name="a.zip", blob=blob)
    tell(again(context), package.id)

    blocks = stage.entry()["layout"]["body"]["blocks"]
    line = blocks[f"document{document.id}"]["properties"]["blocks"]
    assert line["name"]["properties"]["action"]["uri"].startswith("/crm/type/")
    assert line["files"]["properties"]["text"] == "файлы с подписями"
    assert "/crm/type/" in blocks["registry"]["properties"]["action"]["uri"]
    assert before is False
