"""The client against the sandbox Diadoc, the same wire from two independent hands: tokens, who is who, faults."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from clients.diadoc import conflicts
from clients.diadoc.auth import DeveloperKeyAuth
from clients.diadoc.client import DiadocClient
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import AcquiredCounteragent, NotReady
from clients.diadoc.states import CounteragentStatus
from credentials import Token
from errors import Conflict, DiadocAuthLost, NoAccess, NotFoundThere, RateLimited, SubscriptionEnded, Unavailable
from sandbox.diadoc import seed
from tests.clients.diadoc_support import Blocks, Tokens
from tests.clients.diadoc_wire import LONG_WAIT, OURS, THEIRS, Wire, address, letter


@pytest.fixture
def wire(diadoc_sandbox):
    return Wire(diadoc_sandbox)


@pytest.fixture
def diadoc(wire) -> DiadocClient:
    return wire.diadoc


@pytest.fixture
def posted(diadoc):
    """An unsigned act: the message and its only document."""
    message = diadoc.post_message(letter(), operation_id="op-1")
    return message, message.documents[0]


def test_a_consent_becomes_a_token_that_opens_our_boxes(diadoc_sandbox):
    wire = Wire(diadoc_sandbox)
    redirect = "https://edo.example/diadoc/callback"

    wire.tokens.token = wire.auth.exchange(diadoc_sandbox.authorize(redirect, "state"), redirect)

    assert OURS in {organization.box_id for organization in wire.diadoc.get_my_organizations()}
    assert wire.auth.authorization_url(redirect, "s", "n").startswith(f"{diadoc_sandbox.url}/connect/authorize?")


def test_a_code_is_good_once(diadoc_sandbox):
    wire = Wire(diadoc_sandbox)
    code = diadoc_sandbox.authorize("https://edo.example/cb")
    wire.auth.exchange(code, "https://edo.example/cb")

    with pytest.raises(DiadocAuthLost):
        wire.auth.exchange(code, "https://edo.example/cb")


@pytest.mark.parametrize("is_known", [True, False])
def test_fifty_threads_with_an_expired_token_refresh_it_once(diadoc_sandbox, is_known):
    expired = datetime.now(UTC) - timedelta(hours=1) if is_known else None
    wire = Wire(diadoc_sandbox, token=Token("expired", diadoc_sandbox.refresh_token(), expired))
    found, failed = [], []

    def ask() -> None:
        try:
            found.append(wire.diadoc.get_my_organizations())
        except Exception as error:  # whatever it is, the assertion shows it
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(found) == 50
    assert wire.tokens.renewals == 1
    assert wire.tokens.token.refresh_token != diadoc_sandbox.refresh_token()


def test_a_withdrawn_consent_loses_the_box(diadoc_sandbox, wire):
    diadoc_sandbox.revoke_tokens()

    with pytest.raises(DiadocAuthLost):
        wire.diadoc.get_my_organizations()

    assert wire.tokens.is_dead


def test_a_provider_without_rotation_keeps_the_refresh_token(diadoc_sandbox):
    diadoc_sandbox.settings(refresh_rotation="none")
    wire = Wire(diadoc_sandbox, token=Token("expired", diadoc_sandbox.refresh_token()))

    wire.diadoc.get_my_organizations()

    assert wire.tokens.token.refresh_token == diadoc_sandbox.refresh_token()


def test_a_developer_key_opens_the_same_boxes(diadoc_sandbox):
    auth = DeveloperKeyAuth(
        api_url=diadoc_sandbox.url,
        developer_key=diadoc_sandbox.developer_key,
        login=seed.ROBOT.login,
        password=seed.ROBOT.password,
    )
    tokens = Tokens(auth.authenticate())
    diadoc = DiadocClient(api_url=diadoc_sandbox.url, auth=auth, tokens=tokens, throttle=Blocks())

    before = diadoc.get_my_organizations()
    diadoc_sandbox.revoke_tokens(None, "diadoc")
    after = diadoc.get_my_organizations()

    assert before == after
    assert tokens.renewals == 1


def test_a_wrong_password_is_told(diadoc_sandbox):
    auth = DeveloperKeyAuth(
        api_url=diadoc_sandbox.url, developer_key=diadoc_sandbox.developer_key, login=seed.ROBOT.login, password="no"
    )

    with pytest.raises(DiadocAuthLost):
        auth.authenticate()


def test_an_inn_and_kpp_find_the_box_and_its_roaming_twin(diadoc):
    found = diadoc.get_organizations_by_inn_kpp(inn=seed.LYUTIK.inn, kpp=seed.LYUTIK.kpp)

    assert {organization.is_roaming for organization in found} == {True, False}
    assert THEIRS in {organization.box_id for organization in found}


def test_organization_box_features_and_employee_are_read(diadoc):
    organization = diadoc.get_organization(inn=seed.ENTREPRENEUR.inn)
    box = diadoc.get_box(box_id=THEIRS)
    features = diadoc.get_organization_features(box_id=OURS)
    employee = diadoc.get_my_employee(box_id=OURS)

    assert organization.kpp == ""
    assert box.box_id == box.organization.box_id == THEIRS
    assert features.can_lock_packets
    assert employee.sees_all_documents
    assert "SignDocuments" not in employee.actions


def test_counteragents_are_listed_and_found(diadoc):
    page = diadoc.get_counteragents(box_id=OURS, status=CounteragentStatus.IS_MY_COUNTERAGENT)
    one = diadoc.get_counteragent(box_id=OURS, counteragent_box_id=THEIRS)

    assert THEIRS in {counteragent.organization.box_id for counteragent in page.counteragents}
    assert one.status == CounteragentStatus.IS_MY_COUNTERAGENT
    with pytest.raises(NotFoundThere):
        diadoc.get_counteragent(box_id=OURS, counteragent_box_id=normal_box_id(seed.CLOSED.box))


def test_an_invitation_is_pending_then_done(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(retry_after_seconds=LONG_WAIT)
    closed = normal_box_id(seed.CLOSED.box)

    task_id = diadoc.acquire_counteragent(box_id=OURS, counteragent_box_id=closed, message="Здравствуйте")
    results = [diadoc.acquire_counteragent_result(task_id=task_id) for _ in range(2)]

    assert results[0] == NotReady(LONG_WAIT)
    assert isinstance(results[1], AcquiredCounteragent)
    assert results[1].box_id == closed
    assert diadoc.get_counteragent(box_id=OURS, counteragent_box_id=closed).status == (
        CounteragentStatus.IS_INVITED_BY_ME
    )


def test_an_invitation_that_needs_a_roaming_request_is_told(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(acquire_pending_calls=0)

    with pytest.raises(Conflict) as caught:
        diadoc.acquire_counteragent_result(
            task_id=diadoc.acquire_counteragent(box_id=OURS, counteragent_box_id=normal_box_id(seed.ROAMING_UNSET.box))
        )

    assert conflicts.roaming_request_needed(caught.value)


def test_document_types_tell_what_an_invoice_needs(diadoc):
    types = {kind.type_named_id: kind for kind in diadoc.get_document_types(box_id=OURS)}

    items = types["ProformaInvoice"].function("default").actual_versions[0].sender_title.metadata_items

    assert {"FileName", "TotalSum"} <= {item.key for item in items if item.is_required and item.is_ours_to_give}
    assert types["UniversalTransferDocument"].function("СЧФДОП") is not None


def test_another_customers_box_is_closed(diadoc):
    with pytest.raises(NoAccess):
        diadoc.get_my_employee(box_id=normal_box_id(seed.STRANGER.box))


def test_an_unpaid_box_is_told(diadoc_sandbox, diadoc, posted):
    diadoc_sandbox.lapse_subscription()

    with pytest.raises(SubscriptionEnded):
        diadoc.get_document(**address(posted[1]))


def test_a_rate_limit_blocks_everybody_for_as_long_as_asked(diadoc_sandbox, wire):
    diadoc_sandbox.fault("GetMyOrganizations", "status", status=429, headers={"Retry-After": "17"}, body="много")

    with pytest.raises(RateLimited) as caught:
        wire.diadoc.get_my_organizations()

    assert caught.value.retry_after == 17
    assert wire.throttle.blocked == [17]
    assert wire.diadoc.get_my_organizations()


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbage"])
def test_a_short_outage_is_not_noticed(diadoc_sandbox, diadoc, kind):
    diadoc_sandbox.fault("GetMyOrganizations", kind, times=2)

    assert len(diadoc.get_my_organizations()) == 2


def test_a_long_outage_is_temporary(diadoc_sandbox, diadoc):
    diadoc_sandbox.fault("GetMyOrganizations", "status", status=500, body="oops", times=-1)

    with pytest.raises(Unavailable):
        diadoc.get_my_organizations()


def test_a_method_about_to_be_removed_is_announced(diadoc_sandbox, wire):
    diadoc_sandbox.settings(sunset={"GetMyOrganizations": "Sat, 03 Apr 2027 00:00:00 GMT"})

    wire.diadoc.get_my_organizations()
    wire.diadoc.get_my_organizations()

    ((method, date, link),) = wire.sunsets
    assert method == "GetMyOrganizations"
    assert date == datetime(2027, 4, 3, tzinfo=UTC)
    assert link
