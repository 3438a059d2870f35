"""What an entry in the timeline shows of its package, in the words and colours of its state."""

from io import BytesIO

import pytest

from activities import registries
from activities.context import Context
from activities.deal_entry import tell
from registry.tables import Box
from sandbox.portal.driver import MANAGER
from tests.activities.telling_support import LYUTIK, MONDAY, Stage, body, make_stage


@pytest.fixture
def stage(context: Context, box: Box, portal_sandbox) -> Stage:
    return make_stage(context.registry, portal_sandbox, context.diadoc(box), box)


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
