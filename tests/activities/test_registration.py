"""What an activity looks like to Bitrix24."""

import json

import pytest
from marshmallow import Schema

from activities.base import Activity
from activities.fields import Choice, Flag, Line, Many, User, Whole, label
from activities.registration import (
    activity_registration,
    catalog_code,
    fingerprint,
    properties,
    return_properties,
    robot_registration,
    stored_size,
)
from activities.values import Text

MODES = {"draft": Text("Черновик", "Draft"), "send": Text("Отправка", "Send")}
URL = "https://edo.example.ru/bitrix24/activities/diadoc_sample"


class Sample(Activity):
    code = "diadoc_sample"
    name = Text("Диадок: пример", "Diadoc: sample")
    description = Text("Пример.", "A sample.")

    class Input(Schema):
        number = Whole(required=True, metadata=label("Номер", "Number", "Номер пакета", "The package's number"))
        mode = Choice(MODES, load_default="draft", metadata=label("Режим", "Mode"))
        parts = Many(Choice(MODES), load_default=["draft"], metadata=label("Части", "Parts"))
        signer = User(metadata=label("Подписант", "Signer"))
        sure = Flag(load_default=True, metadata=label("Точно", "Sure"))
        days = Whole(load_default=30, metadata=label("Дней", "Days"))

    class Output(Schema):
        names = Many(Line(), metadata=label("Имена", "Names"))


def registered(register=robot_registration, **changes):
    return register(Sample, **{"handler_url": URL, "auth_user_id": 1, **changes})


def test_inputs_become_properties():
    described = properties(Sample.inputs)

    assert described["number"] == {
        "Name": {"ru": "Номер", "en": "Number"},
        "Description": {"ru": "Номер пакета", "en": "The package's number"},
        "Type": "int",
        "Multiple": "N",
        "Required": "Y",
    }
    assert described["mode"]["Options"] == {"draft": "Черновик", "send": "Отправка"}
    assert described["mode"]["Default"] == "draft"
    assert described["parts"]["Multiple"] == "Y"
    assert described["parts"]["Default"] == ["draft"]
    assert described["sure"]["Default"] == "Y"
    assert described["days"]["Default"] == 30
    assert "Default" not in described["signer"]


def test_outputs_become_return_properties():
    described = return_properties(Sample.outputs)

    assert described["names"] == {"Name": {"ru": "Имена", "en": "Names"}, "Type": "string", "Multiple": "Y"}
    assert described["retryable"]["Type"] == "bool"
    assert described["error_text"]["Type"] == "text"


def test_titles_of_options_are_in_the_portals_language():
    english = registered(language="en")

    assert english["PROPERTIES"]["mode"]["Options"] == {"draft": "Draft", "send": "Send"}
    assert english["NAME"] == {"ru": "Диадок: пример", "en": "Diadoc: sample"}


def test_a_robot_is_offered_where_there_are_automation_rules():
    robot = registered()

    assert (robot["CODE"], robot["HANDLER"], robot["AUTH_USER_ID"]) == ("diadoc_sample", URL, 1)
    assert robot["USE_SUBSCRIPTION"] == "Y"
    assert ["crm", "CCrmDocumentDeal"] in robot["FILTER"]["INCLUDE"]
    assert len(robot["FILTER"]["INCLUDE"]) == 5
    assert all(kind[0] == "crm" for kind in robot["FILTER"]["INCLUDE"])


def test_an_activity_has_a_code_of_its_own_and_is_offered_everywhere():
    robot, activity = registered(), registered(activity_registration)

    assert activity["CODE"] == "diadoc_sample_activity"
    assert "FILTER" not in activity
    assert activity["PROPERTIES"] == robot["PROPERTIES"]
    assert activity["USE_SUBSCRIPTION"] == "Y"


def test_nobody_is_named_when_nobody_is_known():
    assert "AUTH_USER_ID" not in registered(auth_user_id=None)


@pytest.mark.parametrize("code", ["diadoc_sample", "diadoc_sample_activity", "DIADOC_SAMPLE_ACTIVITY"])
def test_both_codes_lead_to_one_activity(code):
    assert catalog_code(code) == "diadoc_sample"


def test_the_fingerprint_changes_with_the_registration_only():
    assert fingerprint(registered()) == fingerprint(json.loads(json.dumps(registered())))
    assert fingerprint(registered()) != fingerprint(registered(language="en"))
    assert fingerprint(registered()) != fingerprint(registered(handler_url=URL + "2"))


def test_sizes_are_counted_as_php_stores_them():
    assert stored_size({"имя": ["а", 1]}) == len('a:1:{s:6:"имя";a:2:{i:0;s:2:"а";i:1;i:1;}}'.encode())


def test_a_registration_is_plain_json():
    assert json.loads(json.dumps(registered())) == registered()
