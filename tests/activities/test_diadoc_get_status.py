import pytest

from activities.context import Context
from activities.diadoc_get_status import DiadocGetStatus
from errors import DocumentNotFound, PackageNotFound, Unavailable
from registry.tables import Box
from sandbox.diadoc import seed
from tests.activities.sent_packages import Sender

activity = DiadocGetStatus()


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def ask(context: Context):
    """ask(use_package=…): the answer as a portal gets it."""

    def ask(**properties: object) -> dict:
        return activity.dump_outputs(activity.run(context, **activity.load_inputs(properties)))

    return ask


def test_diadoc_is_asked_unless_told_otherwise(sender, ask, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    known = ask(use_package=str(package.id), refresh="N")
    now = ask(use_package=str(package.id))

    assert (known["docflow_state"], now["docflow_state"]) == ("not_sent", "delivered")
    assert now["sent_at"].endswith("+00:00")
    assert (now["package_id"], now["counteragent_name"]) == (package.id, seed.LYUTIK.name)
    assert (now["result"], now["who_must_act"], now["revocation_state"]) == ("ok", "counteragent", "none")


def test_without_a_number_the_items_package_of_that_name_is_meant(sender, ask) -> None:
    package = sender.send("act")

    answer = ask(package_name=package.name)

    assert answer["package_id"] == package.id


def test_one_document_stands_for_itself(sender, ask, diadoc_sandbox) -> None:
    package = sender.send("act", "act")
    first, second = sender.documents(package)
    diadoc_sandbox.sign_by_sender(package.message_id, [first.entity_id])

    answers = [ask(use_document=str(document.id)) for document in (first, second)]

    assert [answer["docflow_state"] for answer in answers] == ["delivered", "waiting_for_our_signature"]
    assert answers[1]["document_ids"] == [second.id]


def test_a_package_that_was_not_sent_costs_no_request(sender, ask, diadoc_sandbox) -> None:
    package = sender.gather("act")
    diadoc_sandbox.forget_requests()

    answer = ask(use_package=str(package.id))

    assert (answer["docflow_state"], answer["is_final"]) == ("not_sent", "N")
    assert diadoc_sandbox.requests() == []


def test_a_diadoc_that_is_away_is_a_temporary_error(sender, ask, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.fault("GetDocflows", "status", status=503, times=-1)

    with pytest.raises(Unavailable) as raised:
        ask(use_package=str(package.id))

    assert raised.value.temporary


def test_what_was_never_there_is_not_found(ask) -> None:
    with pytest.raises(PackageNotFound):
        ask(use_package="4711")
    with pytest.raises(DocumentNotFound):
        ask(use_document="4711")


def test_a_revocation_shows_in_its_own_output(sender, ask, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    diadoc_sandbox.request_revocation(package.message_id, "Ошибка", side="recipient")

    answer = ask(use_package=str(package.id))

    assert answer["revocation_state"] == "requested_by_counteragent"
    assert (answer["docflow_state"], answer["who_must_act"]) == ("revocation_requested_by_counteragent", "our_signer")
