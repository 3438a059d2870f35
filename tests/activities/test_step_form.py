"""The form of a step's settings: right for every activity that has one, and for every shape of the portal's options."""

from typing import Any

import pytest

from activities import catalog, step_layout
from activities.document_types import DOCUMENT_TYPES
from activities.step_form import Row, StepForm, step_form
from registry.tables import Box

FIELDS = {
    "TITLE": {"Name": "Название", "Type": "string"},
    "UF_CRM_SCAN": {"Name": "Скан договора", "Type": "file", "Multiple": True},
}
BOXES = [
    Box(id=1, box_id="a" * 32, inn="7712345678", kpp="771201001", name="ООО «Ромашка»"),
    Box(id=2, box_id="b" * 32, inn="7712345678", kpp="771201002", name="ООО «Ромашка», филиал"),
]


def form(code: str, language: str = "ru", boxes: list[Box] = BOXES, **options: Any) -> StepForm:
    made = step_form({"code": code, "document_fields": FIELDS, **options}, boxes=boxes, language=language)
    assert made is not None
    return made


def rows(made: StepForm) -> dict[str, Row]:
    return {row.id: row for section in made.sections for row in section.rows}


@pytest.mark.parametrize("code", sorted(step_layout.LAYOUTS))
def test_every_input_of_the_activity_is_in_its_form_once(code: str) -> None:
    shown = [row.id for section in form(code).sections for row in section.rows]

    assert sorted(shown) == sorted(catalog()[code].inputs.fields)


@pytest.mark.parametrize("code", sorted(step_layout.LAYOUTS))
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_row_and_section_has_a_title(code: str, language: str) -> None:
    made = form(code, language)

    assert all(section.title for section in made.sections)
    assert all(row.title for row in rows(made).values())


@pytest.mark.parametrize("code", sorted(step_layout.LAYOUTS))
def test_conditions_speak_of_inputs_and_values_that_exist(code: str) -> None:
    inputs = catalog()[code].inputs.fields
    for name in inputs:
        condition = step_layout.condition_of(code, name)
        if condition is not None:
            assert set(condition.values) <= set(inputs[condition.input].options)
            assert condition.values


def test_the_same_code_with_the_suffix_of_activities_has_the_same_form() -> None:
    assert form("diadoc_send_package_activity").code == "diadoc_send_package"


@pytest.mark.parametrize("code", ["diadoc_wait", "nothing", "", None, ["diadoc_send_package"]])
def test_other_codes_have_no_form(code: Any) -> None:
    assert step_form({"code": code}, boxes=[], language="ru") is None


def test_a_document_type_shows_just_the_requisites_that_it_takes() -> None:
    shown = rows(form("diadoc_add_document"))

    takes = {name for name, row in shown.items() if row.condition and "Contract" in row.condition.values}
    needs = {name for name, row in shown.items() if "Contract" in row.needed_by}

    assert takes == {"number", "date", "total", "contract_type"}
    assert needs == {"number", "date"}


def test_an_xml_shows_no_requisites_but_its_function_and_version() -> None:
    shown = rows(form("diadoc_add_document"))

    formal = [code for code, known in DOCUMENT_TYPES.items() if known.is_formal]
    takes = {name for name, row in shown.items() if row.condition and row.condition.values == tuple(formal)}

    assert takes == {"document_function", "document_version"}


def test_file_fields_of_the_document_type_are_offered_by_their_code() -> None:
    assert rows(form("diadoc_add_document"))["file_field"].options == (("UF_CRM_SCAN", "Скан договора"),)


def test_fields_of_the_document_can_be_put_into_any_text() -> None:
    assert ("{=Document:TITLE}", "Название") in form("diadoc_send_package").expressions


def test_older_portals_write_their_descriptions_in_capitals() -> None:
    old = {"UF_SCAN": {"NAME": "Scan", "TYPE": "file"}}

    assert rows(form("diadoc_add_document", document_fields=old))["file_field"].options == (("UF_SCAN", "Scan"),)


def test_our_boxes_are_offered_by_what_a_person_can_read() -> None:
    options = rows(form("diadoc_send_package"))["for_box"].options

    assert options[0][0] == ""
    assert [key for key, _ in options[1:]] == ["7712345678/771201001", "7712345678/771201002"]


def test_boxes_with_the_same_requisites_are_offered_by_their_id() -> None:
    twin = Box(id=3, box_id="c" * 32, inn="7712345678", kpp="771201001", name="Ромашка, второй ящик")

    options = rows(form("diadoc_send_package", boxes=[BOXES[0], twin]))["for_box"].options

    assert [key for key, _ in options[1:]] == ["a" * 32, "c" * 32]


@pytest.mark.parametrize("name", ["mode", "MODE"])
def test_stored_values_are_found_whatever_their_case(name: str) -> None:
    assert rows(form("diadoc_send_package", current_values={name: "draft"}))["mode"].values == ("draft",)


@pytest.mark.parametrize("stored", [["original", "archive"], {"0": "original", "1": "archive"}])
def test_several_values_come_as_a_list_or_a_map(stored: Any) -> None:
    shown = rows(form("diadoc_download_signed", current_values={"contents": stored}))["contents"]

    assert shown.values == ("original", "archive")


def test_an_expression_in_a_choice_stays() -> None:
    shown = rows(form("diadoc_send_package", current_values={"lock": "{=Variable:Lock}"}))["lock"]

    assert ("{=Variable:Lock}", "{=Variable:Lock}") in shown.options


def test_a_section_that_holds_a_value_is_not_folded() -> None:
    empty = {section.title: section.is_rare for section in form("diadoc_send_package").sections}
    filled = form("diadoc_send_package", current_values={"for_inn": "7712345678"}).sections

    assert empty["Кому"]
    assert not {section.title: section.is_rare for section in filled}["Кому"]


def test_defaults_are_those_of_the_activity() -> None:
    shown = rows(form("diadoc_download_signed"))

    assert shown["contents"].defaults == ("archive", "print_form")
    assert shown["only_final"].defaults == ("Y",)


@pytest.mark.parametrize("broken", [[], "x", 5, None, {"TITLE": "x"}, {"TITLE": None}])
def test_options_of_another_shape_break_nothing(broken: Any) -> None:
    assert form("diadoc_add_document", document_fields=broken, current_values=broken).sections
