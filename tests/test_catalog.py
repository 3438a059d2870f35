"""What a reviewer would repeat of every activity and every error."""

import inspect
import re
import sys
from collections import Counter
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

import errors
from activities import catalog, find_activities
from activities.base import Activity, CommonOutput
from activities.fields import Choice, Many, PortalField, portal_type
from activities.registration import STORED_SIZE_LIMIT, activity_registration, robot_registration, stored_size

ROOT = Path(__file__).parent.parent
RESERVED = {
    "title",
    "usesubscription",
    "istimeout",
    "authuserid",
    "setstatusmessage",
    "statusmessage",
    "timeoutduration",
    "timeoutdurationtype",
}
PORTAL_TYPES = {"bool", "date", "datetime", "double", "file", "int", "select", "string", "text", "user"}
ACTORS = {"", "our_signer", "counteragent", "approver", "operator", "administrator"}
ALL_ERRORS = [error for _, error in inspect.getmembers(errors, inspect.isclass) if issubclass(error, errors.AppError)]
OF_ACTIVITIES = [error for error in ALL_ERRORS if error.__base__ is errors.ActivityError]
SOUND = """
from marshmallow import Schema
from activities.base import Activity, Text
from activities.fields import Line, Whole, label

class Sound(Activity):
    code = "diadoc_sound"
    name = Text(ru="Диадок: пример", en="Diadoc: sample")
    description = Text(ru="Пример.", en="A sample.")
    class Input(Schema):
        use_package = Line(metadata=label("Номер пакета", "Package number"))
    class Output(Schema):
        package_id = Whole(metadata=label("Номер пакета", "Package number"))
"""


def faults(activity: type[Activity] | Activity) -> list[str]:
    """Everything that is wrong with a declaration, in words."""
    inputs, outputs = activity.inputs.fields, activity.outputs.fields
    own = {**activity.Output().fields}
    both = chain(inputs.items(), outputs.items())
    ids = Counter(name.lower() for name in chain(inputs, outputs))
    found = [f"{name}: declared twice, or both input and output" for name, count in ids.items() if count > 1]
    found += [f"{name}: a common output declared again" for name in own.keys() & CommonOutput().fields.keys()]
    found += [f"{name}: reserved by Bitrix24" for name in ids if name in RESERVED]
    found += [f"{name}: no id that a portal takes" for name in ids if not re.fullmatch(r"[a-z][a-z0-9_]*", name)]
    found += [fault for name, field in both for fault in _field_faults(name, field)]
    found += [f"{name}: outputs are never files" for name, field in outputs.items() if portal_type(field) == "file"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,100}", activity.code):
        found.append(f"{activity.code}: no code that a portal takes")
    if not all((activity.name.ru, activity.name.en, activity.description.ru, activity.description.en)):
        found.append("name or description lacks a language")
    if activity.waits and not _declares(activity, "finish"):
        found.append("waits, but no finish()")
    if not _declares(activity, "run"):
        found.append("no run()")
    return found


def _declares(activity: type[Activity] | Activity, method: str) -> bool:
    declared = activity if isinstance(activity, type) else type(activity)
    return getattr(declared, method) is not getattr(Activity, method)


def _field_faults(name: str, field: object) -> list[str]:
    if not isinstance(field, PortalField):
        return [f"{name}: not a field of activities.fields"]
    named = field.metadata.get("label")
    found = [] if named and named.ru and named.en else [f"{name}: no label in both languages"]
    inner = field.inner if isinstance(field, Many) else field
    if isinstance(inner, Choice) and not all(title.ru and title.en for title in inner.options.values()):
        found.append(f"{name}: an option without a title in both languages")
    return found if portal_type(field) in PORTAL_TYPES else [*found, f"{name}: no type of Bitrix24's"]


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """Makes a package of activities out of {file name: source}."""

    def make(files: dict[str, str]) -> ModuleType:
        name = f"activities_of_{abs(hash(request.node.nodeid))}"
        folder = tmp_path / name
        folder.mkdir()
        for file_name, source in {"__init__.py": "", **files}.items():
            (folder / file_name).write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return __import__(name)

    return make


def test_every_activity_is_declared_without_a_fault():
    found = {code: faults(activity) for code, activity in catalog().items()}

    assert {code: wrong for code, wrong in found.items() if wrong} == {}


def test_every_file_of_an_activity_is_in_the_catalogue_and_has_its_test():
    files = {path.stem for pattern in ("diadoc_*.py", "directum_*.py") for path in (ROOT / "activities").glob(pattern)}

    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests/activities").glob("test_*.py")}

    assert files == set(catalog())
    assert files - tested == set()


def test_every_registration_fits_into_what_a_portal_stores():
    registrations = [
        register(activity, handler_url="https://edo.example.ru/" + "x" * 200, auth_user_id=1, language=language)
        for activity in catalog().values()
        for register in (robot_registration, activity_registration)
        for language in ("ru", "en")
    ]

    for registration in registrations:
        assert stored_size(registration["PROPERTIES"]) < STORED_SIZE_LIMIT
        assert stored_size(registration["RETURN_PROPERTIES"]) < STORED_SIZE_LIMIT
        assert re.fullmatch(r"[a-z0-9._-]{1,128}", registration["CODE"])


def test_robots_and_activities_share_no_code():
    codes = list(catalog()) + [f"{code}_activity" for code in catalog()]

    assert len(codes) == len(set(codes))


def test_an_activity_is_found_by_its_file(package):
    source = SOUND + "    def run(self, context, use_package):\n        return {}\n"

    found = find_activities(package({"diadoc_sound.py": source, "helper.py": "raise RuntimeError"}))

    assert list(found) == ["diadoc_sound"]
    assert faults(found["diadoc_sound"]) == []


@pytest.mark.parametrize(
    ("file_name", "source"),
    [
        ("diadoc_other.py", SOUND),
        ("diadoc_sound.py", SOUND + SOUND.replace("class Sound", "class Second")),
        ("diadoc_sound.py", "from activities.base import Activity"),
    ],
)
def test_a_file_that_is_not_one_activity_of_its_name_stops_the_start(package, file_name, source):
    with pytest.raises(ImportError, match="exactly one activity"):
        find_activities(package({file_name: source}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("package_id", "use_package"), "both input and output"),
        (("package_id", "Use_Package"), "both input and output"),
        (("package_id", "retryable"), "common output"),
        (("use_package", "Title"), "reserved"),
        (("use_package", "пакет"), "no id"),
        (("Package number", ""), "no label"),
        (('"diadoc_sound"', '"Diadoc Sound"'), "no code"),
        (("A sample.", ""), "lacks a language"),
        (("    class Input", "    waits = True\n    class Input"), "no finish()"),
        (("    class Input", "    run = Activity.run\n    class Input"), "no run()"),
    ],
)
def test_the_check_of_declarations_sees_each_fault(change, fault):
    source = SOUND + "    def run(self, context, use_package):\n        return {}\n"
    if fault == "no run()":
        source = SOUND
    declared: dict = {"__name__": "sample"}

    exec(source.replace(*change), declared)  # a declaration is a program; there is no other way to read it

    assert any(fault in found for found in faults(declared["Sound"]))


@pytest.mark.parametrize("error", ALL_ERRORS, ids=lambda error: error.__name__)
def test_every_error_reads_in_both_languages_and_names_who_must_act(error):
    told = error(system="Диадок") if issubclass(error, errors.ServiceError) else error()

    assert re.fullmatch(r"[A-Z][A-Z_]*[A-Z]", error.code)
    assert told.text("ru") != told.text("en")
    assert re.search("[а-яё]", error.ru)
    assert not re.search("[а-яё]", error.en)
    assert set(re.findall(r"{(\w+)}", error.ru)) == set(re.findall(r"{(\w+)}", error.en))
    assert error.who_must_act in ACTORS


def test_no_two_errors_of_activities_share_a_code():
    codes = Counter(error.code for error in OF_ACTIVITIES)

    doubled = {code for code, count in codes.items() if count > 1}

    assert len(codes) > 30
    assert doubled == set()
