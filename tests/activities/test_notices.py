"""People hear of outcomes and of what they must do: once for each, the newest instead of the one before."""

from datetime import timedelta

import pytest

from activities.context import Context
from activities.notices import give
from errors import Unavailable
from registry.settings import change_settings
from registry.tables import Box
from sandbox.portal.driver import ADMIN, DISMISSED, MANAGER, SIGNER
from tests.activities.telling_support import LYUTIK, Stage, make_stage


@pytest.fixture
def stage(context: Context, box: Box, portal_sandbox) -> Stage:
    return make_stage(context.registry, portal_sandbox, context.diadoc(box), box)


def choose(context: Context, **values: object) -> None:
    change_settings(context.registry.database, context.portal.id, user_id=1, **values)


# what they say, and to whom


def test_the_responsible_hears_that_our_signature_is_needed(context, stage):
    package = stage.sent(state="waiting_for_our_signature")

    give(context, package.id)

    (told,) = stage.notices().items()
    assert told[0] == MANAGER
    lines = told[1].splitlines()
    assert lines[0] == f"[B]Пакет ЭДО № {package.id} «{package.name}»: ожидает нашей подписи[/B]"
    assert lines[1] == f"Контрагент: {LYUTIK}, ИНН 9660003036, КПП 966001001"
    assert lines[2] == "Нужна подпись нашего сотрудника: откройте документы в Диадоке и подпишите их."
    assert lines[3].startswith(f"[URL={stage.sandbox.first_url}/crm/deal/details/1/]Поставка оборудования")
    assert lines[4].endswith("]Открыть в Диадоке[/URL]")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "Подпишите и отправьте черновик"),
        ("signed_by_counteragent", "делать ничего не нужно"),
        ("signed_with_discrepancies", "Посмотрите расхождения"),
        ("refused_by_our_signer", "Контрагент документов не получил"),
        ("roaming_failed", "Оператор контрагента не принял документы"),
        ("invalid_signature", "Подпись неверна"),
        ("revocation_requested_by_counteragent", "согласитесь или откажите"),
        ("revoked", "больше не действуют"),
        ("deleted", "удалены в Диадоке"),
        ("unknown", "которого мы не знаем"),
    ],
)
def test_each_outcome_and_each_thing_to_do_is_told(context, stage, state, said):
    give(context, stage.sent(state=state).id)

    assert said in stage.notices()[MANAGER]


@pytest.mark.parametrize("state", ["our_signature_checking", "sent", "delivered", "revocation_requested_by_us"])
def test_what_goes_its_way_is_no_news(context, stage, state):
    give(context, stage.sent(state=state).id)

    assert stage.notices() == {}


def test_a_delivery_that_nobody_answers_is_an_outcome(context, stage):
    give(context, stage.sent("letter", state="delivered").id)

    assert "ответная подпись не нужна" in stage.notices()[MANAGER]


def test_a_refusal_is_told_with_its_reason_as_plain_text(context, stage):
    package = stage.put(stage.sent(), "refused", refusal_reason="[URL=http://evil]Неверная[/URL] $result[x][y] сумма")

    give(context, package.id)

    told = stage.notices()[MANAGER]
    assert "Причина: (URL=http://evil)Неверная(/URL)" in told
    assert "сумма" in told


def test_a_rejected_revocation_is_told_as_such(context, stage):
    package = stage.put(stage.sent(), "signed_by_counteragent", revocation_state="rejected")

    give(context, package.id)

    assert "Аннулирование отклонено" in stage.notices()[MANAGER]


def test_an_approver_is_waited_for_by_name(context, stage):
    package = stage.sent()
    waiting = {"docflow_state": "waiting_for_our_signature", "raw_state": {"resolution_status": "ApprovementRequested"}}
    stage.registry.packages.keep_state(stage.documents(package)[0].id, waiting)

    give(context, package.id)

    assert "ждут согласования" in stage.notices()[MANAGER]


def test_it_speaks_english_where_the_portal_does(context, stage, again):
    package = stage.sent(state="refused")

    give(again(context, language="en"), package.id)

    assert "Correct the documents and send them in a new package" in stage.notices()[MANAGER]


def test_whoever_sent_the_package_hears_of_it_too(context, stage, again):
    package = stage.sent(state="refused")
    pressed = again(context, workflow_id="", user_id=SIGNER)
    pressed.registry.audit(actor=pressed.actor, action="package_sent", subject=f"package:{package.id}")

    give(context, package.id)

    assert set(stage.notices()) == {MANAGER, SIGNER}


@pytest.mark.parametrize(("administrators", "told"), [((), ADMIN), ((SIGNER,), SIGNER), ((DISMISSED, SIGNER), SIGNER)])
def test_who_was_dismissed_is_stood_in_for(context, stage, administrators, told):
    stage.sandbox.change_item({"ASSIGNED_BY_ID": DISMISSED})
    choose(context, administrators=administrators)

    give(context, stage.sent(state="refused").id)

    assert set(stage.notices()) == {told}


def test_of_a_deleted_deal_the_administrator_hears(context, stage):
    stage.sandbox.do("remove_item", portal="first", entity_type_id=2, item_id=1)

    give(context, stage.sent(state="refused").id)

    assert "D_1" in stage.notices()[ADMIN]


# once


def test_a_step_is_told_once(context, stage, again):
    package = stage.sent(state="refused")
    give(context, package.id)
    stage.sandbox.forget_requests()

    give(again(context), package.id)

    assert stage.sandbox.requests() == []


def test_the_next_step_replaces_the_notice_of_the_last(context, stage, again):
    package = stage.sent(state="waiting_for_our_signature")
    give(context, package.id)

    stage.put(package, "refused")
    give(again(context), package.id)

    (told,) = stage.sandbox.notifications()
    assert "контрагент отказал в подписи" in told["message"]


def test_a_step_that_comes_again_is_told_again(context, stage, again):
    package = stage.sent(state="signed_by_counteragent")
    for state in ("signed_by_counteragent", "revocation_requested_by_counteragent", "signed_by_counteragent"):
        stage.put(package, state)
        give(again(context), package.id)

    assert stage.asked("batch") == 3
    assert len(stage.notices()) == 1


def test_a_notice_whose_reply_was_lost_is_seen_once(context, stage, again):
    package = stage.sent(state="refused")
    stage.sandbox.fault("batch", "lost_reply")
    with pytest.raises(Unavailable):
        give(context, package.id)

    give(again(context), package.id)

    assert len(stage.sandbox.notifications()) == 1


def test_old_news_is_no_news(context, stage):
    package = stage.sent(state="refused", since=context.now() - timedelta(days=8))

    give(context, package.id)

    assert stage.notices() == {}


def test_what_diadoc_never_had_is_no_news(context, stage):
    package = stage.registry.packages.open_or_create(crm_item="D_1", name="")
    document = stage.sender.gather("act")  # another package of the same deal
    stage.registry.packages.mark_deleted(document.id)

    for one in (package, document):
        give(context, one.id)

    assert stage.notices() == {}


def test_a_package_that_is_about_to_be_summed_up_is_told_of_after_that(context, stage):
    package = stage.sent()
    for document in stage.documents(package):
        stage.registry.packages.keep_state(document.id, {"docflow_state": "refused"})

    give(context, package.id)
    before = stage.notices()
    stage.sum_up(package)
    give(context, package.id)

    assert before == {}
    assert "отказал" in stage.notices()[MANAGER]


def test_a_portal_that_wants_no_notices_gets_none(context, stage):
    choose(context, notifies=False)

    give(context, stage.sent(state="refused").id)

    assert stage.notices() == {}


# what is in the way


def test_where_nobody_may_be_spoken_for_the_system_speaks(context, stage):
    stage.sandbox.change_portal(confirmations={"im.notify.personal.add": "denied"})

    give(context, stage.sent(state="refused").id)

    (told,) = stage.sandbox.notifications()
    assert (told["user_id"], told["author_id"]) == (MANAGER, 0)


def test_what_can_never_be_given_is_remembered_and_not_tried_again(context, stage, again):
    denied = {f"im.notify.{kind}.add": "denied" for kind in ("personal", "system")}
    stage.sandbox.change_portal(confirmations=denied)
    package = stage.sent(state="refused")
    give(context, package.id)
    stage.sandbox.forget_requests()

    give(again(context), package.id)

    (effect,) = context.registry.effects(f"package:{package.id}").all()
    assert effect.facts["trouble"] == "NO_ACCESS"
    assert stage.sandbox.requests() == []
