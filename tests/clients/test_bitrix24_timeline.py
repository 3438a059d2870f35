"""Comments of a timeline are read, so that one in doubt can be looked up."""

import pytest
import responses

from tests.clients.bitrix24_support import Kit


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


@pytest.mark.parametrize(("entity_type_id", "name"), [(2, "deal"), (1220, "dynamic_1220")])
def test_the_comments_of_an_item_are_listed(kit, entity_type_id, name):
    row = {"ID": "1999", "ENTITY_ID": "17", "ENTITY_TYPE": name, "AUTHOR_ID": "1", "COMMENT": "Подписано"}
    kit.answers("crm.timeline.comment.list", {"result": [row], "total": 1})

    found = list(kit.client.crm_timeline_comment_list(entity_type_id=entity_type_id, entity_id=17))

    assert [(one.id, one.text) for one in found] == [(1999, "Подписано")]
    assert kit.sent()["filter"] == {"ENTITY_TYPE": name, "ENTITY_ID": 17}
    assert kit.sent()["order"] == {"ID": "DESC"}
