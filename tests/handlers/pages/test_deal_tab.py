"""The tab of a deal: what is shown to whom, and that whatever is pressed is done once, as workflows do it."""

import pytest

from sandbox.diadoc import seed
from tests.handlers.pages.deal_tab_visit import PDF, Stage


@pytest.fixture(autouse=True)
def own_catalog() -> None:
    """The real activities: they are what is asked for."""


@pytest.fixture
def stage(door, portal_sandbox, diadoc_sandbox) -> Stage:
    stage = Stage(door, portal_sandbox, diadoc_sandbox)
    stage.connect()
    return stage


def test_what_is_ticked_is_sent_in_one_package(stage):
    tab = stage.open(stage.deal("Счёт.pdf", "Акт.pdf"))
    first, second = tab.documents()
    act = {**second, "document_type": "AcceptanceCertificate", "number": "8"}

    told = tab.go(tab.form(first, act, message="Подпишите, пожалуйста"))

    assert "передан в Диадок" in told
    (message,) = stage.diadoc_sandbox.messages()
    assert len([one for one in stage.diadoc_sandbox.documents() if one["MessageId"] == message["MessageId"]]) == 2
    assert [one.origin for one in stage.calls("diadoc_add_document")] == ["page", "page"]
