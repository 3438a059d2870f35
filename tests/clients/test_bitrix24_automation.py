"""CRM triggers, over the wire."""

import pytest
import responses

from errors import NoAccess, RequestRejected
from tests.clients.bitrix24_support import Kit


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def asked(kit) -> dict:
    """The last request without its token."""
    return {name: value for name, value in kit.sent().items() if name != "auth"}


def test_a_trigger_is_offered_and_pulled(kit):
    kit.answers("crm.automation.trigger.add", {"result": True})
    kit.answers("crm.automation.trigger.execute", {"result": True})

    kit.client.crm_automation_trigger_add(code="diadoc_signed", name="Диадок: подписан")
    offered = asked(kit)
    kit.client.crm_automation_trigger_execute(code="diadoc_signed", entity_type_id=2, entity_id=17)

    assert offered == {"CODE": "diadoc_signed", "NAME": "Диадок: подписан"}
    assert asked(kit) == {"CODE": "diadoc_signed", "OWNER_TYPE_ID": 2, "OWNER_ID": 17}


def test_our_triggers_are_listed_by_their_codes(kit):
    kit.answers("crm.automation.trigger.list", {"result": [{"CODE": "diadoc_sent", "NAME": "Отправлено"}, {}, "x"]})

    assert kit.client.crm_automation_trigger_list() == {"diadoc_sent": "Отправлено"}


def test_what_the_portal_says_of_a_trigger_is_told_by_its_text(kit):
    kit.fails("crm.automation.trigger.delete", "", "Trigger with code diadoc_sent is not registered.")
    kit.fails("crm.automation.trigger.execute", "ACCESS_DENIED", "Access denied! Admin permissions required")

    with pytest.raises(RequestRejected, match="not registered"):
        kit.client.crm_automation_trigger_delete("diadoc_sent")
    with pytest.raises(NoAccess):
        kit.client.crm_automation_trigger_execute(code="diadoc_sent", entity_type_id=2, entity_id=17)
