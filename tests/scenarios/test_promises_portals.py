"""Promises about portals: one that removes us and comes back, and one that tries what belongs to another."""

import json
from typing import Any

import pytest
from sqlalchemy import select, text

from registry.packages import Packages
from registry.portals import Installation, Portals
from registry.tables import Call
from registry.throttle import set_rate
from sandbox.diadoc import seed
from sandbox.portal.driver import DEAL_DOCUMENT
from tests.scenarios import story
from tests.scenarios.product import Product, wait_registered, wait_until
from worker.enqueue import CLOCK, enqueue

pytestmark = pytest.mark.slow

NEVER_WAS = "4711"


@pytest.fixture
def product(product: Product, portal_sandbox: Any) -> Product:
    """On a portal that bears more than usual: everything is registered twice here."""
    portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6)
    set_rate(product.database, name=f"portal:{portal_of(product).id}", rate=500, burst=1000)  # type: ignore[attr-defined]
    return product


def state_of(product: Product, workflow_id: str) -> str:
    with product.database.session() as session:  # type: ignore[attr-defined]
        last = select(Call.state).where(Call.workflow_id == workflow_id).order_by(Call.id.desc()).limit(1)
        return session.scalar(last) or ""


def portal_of(product: Product) -> Any:
    return Portals(product.database).all()[0]  # type: ignore[attr-defined]


def sql(product: Product, statement: str) -> None:
    with product.database.session() as session:  # type: ignore[attr-defined]
        session.execute(text(statement))


def test_a_portal_may_remove_us_in_the_middle_and_come_back(
    product: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    story.put_papers(portal_sandbox)
    left_waiting = portal_sandbox.start_workflow(story.closing())
    first_letter = story.letter_of(diadoc_sandbox)
    wait_until(lambda: state_of(product, left_waiting) == "waiting", what="a workflow that waits")

    portal_sandbox.uninstall(product.app, clean=False)  # type: ignore[attr-defined]
    wait_until(lambda: portal_of(product).status == "uninstalled", what="the removal")
    sql(product, "update portal set changed_at = now() - interval '61 minutes'")
    wait_until(lambda: state_of(product, left_waiting) == "undeliverable", what="a visible end")
    shown = json.loads(product.command("calls", "list", "--state", "undeliverable", "--json"))

    page = portal_sandbox.install(product.app)  # type: ignore[attr-defined]
    assert page.is_finished, page.body
    wait_registered(portal_sandbox, product.app)  # type: ignore[attr-defined]
    again = portal_sandbox.start_workflow(
        [story.add("act", "AcceptanceCertificate", "9", 2), {**story.closing()[-1], "name": "send"}]
    )
    wait_until(lambda: state_of(product, again) == "waiting", what="a second letter")
    (second_letter,) = {one["MessageId"] for one in diadoc_sandbox.messages()} - {first_letter}
    diadoc_sandbox.sign_by_sender(second_letter)
    diadoc_sandbox.sign_by_recipient(second_letter)

    assert [one["workflow_id"] for one in shown] == [left_waiting]
    assert portal_sandbox.wait_workflow(again, 30)["outputs"]["send"]["outcome"] == "success"
    assert len(diadoc_sandbox.messages()) == 2


def test_an_answer_that_found_nobody_can_be_given_after_the_portal_came_back(
    product: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    story.put_papers(portal_sandbox)
    workflow_id = portal_sandbox.start_workflow(story.closing())
    story.letter_of(diadoc_sandbox)
    wait_until(lambda: state_of(product, workflow_id) == "waiting", what="a workflow that waits")
    portal_sandbox.uninstall(product.app, clean=False)  # type: ignore[attr-defined]
    wait_until(lambda: portal_of(product).status == "uninstalled", what="the removal")
    sql(product, "update portal set changed_at = now() - interval '61 minutes'")
    wait_until(lambda: state_of(product, workflow_id) == "undeliverable", what="a visible end")

    portal_sandbox.install(product.app)  # type: ignore[attr-defined]
    wait_until(lambda: portal_of(product).status == "installed", what="the installation")
    (call,) = json.loads(product.command("calls", "list", "--state", "undeliverable", "--json"))
    product.command("calls", "replay", str(call["id"]))
    sent = portal_sandbox.wait_workflow(workflow_id, 30)["outputs"]["send"]

    assert (sent["result"], sent["docflow_state"]) == ("timeout", "waiting_for_our_signature")


@pytest.fixture
def other_portal(product: Product, portal_sandbox: Any) -> Any:
    """A second portal with the same activities; the box and all packages belong to the first."""
    handler = f"{product.url}/bitrix24/activities"
    app = portal_sandbox.add_local_app(handler, api_only=True, portal="second")
    portal_sandbox.install(app)
    described, tokens = portal_sandbox.portal("second"), portal_sandbox.tokens(app)
    portal = Portals(product.database).install(  # type: ignore[attr-defined]
        Installation(
            member_id=described["member_id"],
            client_endpoint=described["client_endpoint"],
            server_endpoint=described["server_endpoint"],
            application_token=app.application_token,
            user_id=1,
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
            expires_at=None,
        )
    )
    with product.database.session() as session:  # type: ignore[attr-defined]
        enqueue(session, "register", queue=CLOCK, portal_id=portal.id)
    wait_registered(portal_sandbox, app)
    return portal


def test_another_portal_sees_nothing_of_ours(
    product: Product, other_portal: Any, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    story.put_papers(portal_sandbox)
    portal_sandbox.start_workflow(story.closing(wait_for="nothing"))
    story.letter_of(diadoc_sandbox)
    packages = Packages(product.database, portal_of(product).id)  # type: ignore[attr-defined]
    sent = wait_until(lambda: packages.last_sent_of(crm_item="D_1", name=""), what="the package")
    document = packages.documents(sent.id)[0]

    ours = tried_by_another(portal_sandbox, str(sent.id), str(document.id), seed.ROMASHKA.box)
    never_was = tried_by_another(portal_sandbox, NEVER_WAS, NEVER_WAS, "0" * 32)

    assert ours == never_was
    assert {code for code, _ in ours.values()} == {"PACKAGE_NOT_FOUND", "DOCUMENT_NOT_FOUND", "BOX_NOT_CHOSEN"}
    assert len(diadoc_sandbox.messages()) == 1


def tried_by_another(portal_sandbox: Any, package: str, document: str, box: str) -> dict[str, tuple[str, str]]:
    """Step → the code and the text that the other portal is told, its own words taken out."""
    by_package = ("get_status", "wait", "send_package", "check_package", "download_signed", "delete_unsent")
    steps = [
        {"activity": f"diadoc_{code}", "name": f"package_{code}", "properties": {"use_package": package}}
        for code in by_package
    ]
    steps += [
        {"activity": f"diadoc_{code}", "name": f"document_{code}", "properties": {"use_document": document}}
        for code in ("get_status", "wait", "remove_document", "download_signed")
    ]
    steps.append({"activity": "diadoc_check_requisites", "name": "box", "properties": {"for_box": box}})
    revoke = {"activity": "diadoc_revoke", "name": "revoke", "properties": {"use_package": package, "reason": "нет"}}
    workflow_id = portal_sandbox.start_workflow([*steps, revoke], DEAL_DOCUMENT, portal="second")
    workflow = portal_sandbox.wait_workflow(workflow_id, 40, portal="second")
    assert workflow["state"] == "completed", workflow["journal"]
    told = {name: (out["error_code"], out["error_text"]) for name, out in workflow["outputs"].items()}
    own_words = (package, document, box)
    return {name: (code, _without(error, own_words)) for name, (code, error) in told.items()}


def _without(error: str, words: tuple[str, ...]) -> str:
    for word in words:
        error = error.replace(word, "…")
    return error
