"""A package has one entry in its deal's timeline, whatever happens while it is made and kept up to date."""

import pytest

from activities.context import Context
from activities.deal_entry import tell
from errors import Unavailable
from registry.settings import change_settings
from registry.tables import Box, Portal
from sandbox.portal.driver import DISMISSED
from tests.activities.telling_support import Stage, body, make_stage

PAPER = {
    "sameness": "Nonformalized/1/",
    "document_type": "Nonformalized",
    "file_name": "letter.pdf",
    "file_size": 3,
    "sha256": "00",
    "blob": "1/00",
}
ADD, UPDATE = "crm.activity.configurable.add", "crm.activity.configurable.update"


@pytest.fixture
def stage(context: Context, box: Box, portal_sandbox) -> Stage:
    return make_stage(context.registry, portal_sandbox, context.diadoc(box), box)


def test_it_is_updated_and_never_repeated(context, stage, again):
    package = stage.sent()
    tell(context, package.id)

    stage.put(package, "signed_by_counteragent")
    tell(again(context), package.id)

    entry = stage.entry()
    assert "подписан обеими сторонами" in entry["layout"]["header"]["title"]
    assert entry["fields"]["completed"] == "Y"


def test_what_ended_long_ago_gets_no_entry_when_everything_is_shown_anew(context, stage):
    package = stage.sent(state="signed_by_counteragent")
    stage.sql("update package set changed_at = now() - interval '30 days' where id = :id", id=package.id)

    tell(context, package.id)

    assert stage.entries() == []


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


def test_an_application_that_was_added_anew_makes_one_entry_though_the_answer_was_lost(context, stage, again):
    package = stage.sent()
    tell(context, package.id)
    body = '{"error": "ERROR_WRONG_APPLICATION", "error_description": "Another one"}'
    stage.sandbox.fault(UPDATE, "status", status=400, body=body, times=2)
    stage.sandbox.fault(ADD, "lost_reply")
    stage.put(package, "delivered")

    with pytest.raises(Unavailable):
        tell(again(context), package.id)
    tell(again(context), package.id)
    stage.put(package, "signed_by_counteragent")
    tell(again(context), package.id)

    assert len(stage.entries()) == 2  # the other application's and ours
    assert max(stage.entries(), key=lambda one: one["id"])["fields"]["completed"] == "Y"


def test_each_package_has_an_entry_of_its_own(context, stage):
    for package in (stage.sent(), stage.sent()):
        tell(context, package.id)

    assert len({one["fields"]["originId"] for one in stage.entries()}) == 2


def test_an_empty_package_is_not_told_of(context, stage):
    package = stage.registry.packages.open_or_create(crm_item="D_1", name="")

    tell(context, package.id)

    assert stage.entries() == []


def test_an_emptied_package_says_so_until_papers_are_put_into_it(context, stage, again):
    package = stage.sender.gather("act")
    tell(context, package.id)
    stage.registry.packages.remove_document(stage.documents(package)[0])
    tell(again(context), package.id)
    emptied = stage.entry()

    stage.registry.packages.put_document(package.id, PAPER)
    tell(again(context), package.id)

    assert body(emptied) == {"empty": "В пакете нет документов"}
    assert emptied["fields"]["completed"] == "Y"
    assert stage.entry()["fields"]["completed"] == "N"
    assert "empty" not in body(stage.entry())


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


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "ENUM_FIELD", "ERROR_WRONG_CONTEXT"])
def test_an_entry_that_is_refused_for_good_leaves_a_comment_of_the_outcome(context, stage, code):
    stage.sandbox.fault(ADD, "status", status=400, body=f'{{"error": "{code}", "error_description": "no"}}', times=-1)

    tell(context, stage.sent(state="refused").id)

    assert len(stage.comments()) == 1


def test_what_is_in_the_way_is_remembered(context, stage):
    refuse_entries(stage)
    package = stage.sent()

    tell(context, package.id)

    (effect,) = context.registry.effects(f"package:{package.id}").all()
    assert (effect.name, effect.facts["trouble"]) == ("entry", "NO_ACCESS")
