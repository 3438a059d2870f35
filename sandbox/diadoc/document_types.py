"""Types of documents: the answers of GetDocumentTypes and what sending checks against them.

The fixture beside this file is short; here it becomes the wire form. Keys of types other than Nonformalized,
ProformaInvoice and Contract, workflows and UniversalMessagesStartDate are unverified in it.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.diadoc.api import Call, api

NON_FORMAL, FORMAL = 0, 3  # signer types
RESPONSE_WORKFLOWS = {2, 3, 5, 8, 11, 12, 13, 14, 16, 18, 19}  # the recipient always answers
OPTIONAL_WORKFLOWS = {1, 7}  # he answers when he is asked to
TITLE_WORKFLOWS = {3, 5, 8, 11, 12, 13, 16, 18, 19}  # his answer is a title


@dataclass(frozen=True)
class Kind:
    """One type, function and version. workflows: the default one first."""

    type: str
    function: str
    version: str
    is_formal: bool
    workflows: tuple[int, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...]


@cache
def fixture() -> dict[str, Any]:
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


@cache
def kinds() -> tuple[tuple[Kind, bool], ...]:
    """All kinds, each with whether its version is the actual one."""
    found: list[tuple[Kind, bool]] = []
    for name, spec in fixture()["NonFormal"].items():
        required = ("FileName", *spec.get("required", ()))
        workflows = (spec["workflow"],)
        found.append((Kind(name, "default", "v1", False, workflows, required, tuple(spec.get("optional", ()))), True))
    for name, spec in fixture()["Formal"].items():
        versions = fixture()["Sets"][spec["set"]]
        keys = tuple(versions["required"]), tuple(versions["optional"])
        for function, workflows in spec["functions"].items():
            for version in (*versions["others"], versions["actual"]):
                kind = Kind(name, function, version, True, tuple(workflows), *keys)
                found.append((kind, version == versions["actual"]))
    return tuple(found)


def find(type_name: str, function: str, version: str) -> Kind | None:
    """The type in any case; an empty function or version means the first and the actual one."""
    of_type = [(kind, actual) for kind, actual in kinds() if kind.type.lower() == type_name.lower()]
    function = function or (of_type[0][0].function if of_type else "")
    for kind, is_actual in of_type:
        if kind.function == function and (kind.version == version if version else is_actual):
            return kind
    return None


def value_fits(key: str, value: str) -> bool:
    """Whether a metadata value is of the key's type: 0 text, 2 decimal with a dot, 3 date DD.MM.YYYY."""
    kind = fixture()["Keys"].get(key, 0)
    if kind == 2:
        whole, _, cents = value.removeprefix("-").partition(".")
        return whole.isdecimal() and (not cents or cents.isdecimal()) and not value.endswith(".")
    if kind == 3:
        day, month, year = [*value.split("."), "", "", ""][:3]
        digits = day.isdecimal() and month.isdecimal() and year.isdecimal() and len(value) == 10
        return digits and 1 <= int(day) <= 31 and 1 <= int(month) <= 12
    return True


@api.get("/V2/GetDocumentTypes")
def get_document_types_v2(call: Call) -> dict[str, Any]:
    call.box()
    return {"DocumentTypes": [_type_json(name, title) for name, title in _titles()]}


@api.get("/V3/GetDocumentTypes")
def get_document_types_v3(call: Call) -> dict[str, Any]:
    call.box()
    start = {"UniversalMessagesStartDate": fixture()["UniversalMessagesStartDate"]}
    return {"DocumentTypes": [_type_json(name, title) | start for name, title in _titles()]}


def _titles() -> list[tuple[str, str]]:
    both = {**fixture()["NonFormal"], **fixture()["Formal"]}
    return [(name, spec["title"]) for name, spec in both.items()]


@cache
def _type_json(name: str, title: str) -> dict[str, Any]:
    of_type = [(kind, actual) for kind, actual in kinds() if kind.type == name]
    is_formal = of_type[0][0].is_formal
    functions = dict.fromkeys(kind.function for kind, _ in of_type)
    return {
        "Name": name,
        "Title": title,
        "SupportedDocflows": [0] if is_formal else [0, 1],
        "RequiresFnsRegistration": is_formal,
        "Functions": [
            {"Name": name, "Versions": [_version_json(*pair) for pair in of_type if pair[0].function == name]}
            for name in functions
        ],
    }


def _version_json(kind: Kind, is_actual: bool) -> dict[str, Any]:
    signer_type = FORMAL if kind.is_formal else NON_FORMAL
    items = [_item_json(key, True, kind) for key in kind.required] + [
        _item_json(key, False, kind) for key in kind.optional
    ]
    title = {
        "Index": 0,
        "IsFormal": kind.is_formal,
        "SignerInfo": {"SignerType": signer_type, "ExtendedDocumentTitleType": -1},
        "MetadataItems": items,
        "EncryptedMetadataItems": [],
    }
    return {
        "Version": kind.version,
        "SupportsContentPatching": kind.is_formal,
        "SupportsEncrypting": False,
        "SupportsPredefinedRecipientTitle": False,
        "SupportsAmendmentRequest": kind.is_formal,
        "Titles": [title | ({"XsdUrl": _xsd_url(kind)} if kind.is_formal else {})],
        "IsActual": is_actual,
        "Workflows": [{"Id": number, "IsDefault": number == kind.workflows[0]} for number in kind.workflows],
        "RejectionType": "TypeSpecificRejection",
    }


def _item_json(key: str, is_required: bool, kind: Kind) -> dict[str, Any]:
    source = 0 if kind.is_formal else 1
    return {"Id": key, "Type": fixture()["Keys"].get(key, 0), "IsRequired": is_required, "Source": source}


def _xsd_url(kind: Kind) -> str:
    return (
        f"/GetContent?typeNamedId={kind.type}&function={kind.function}&version={kind.version}"
        "&titleIndex=0&contentType=TitleXsd"
    )
