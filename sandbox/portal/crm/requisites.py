"""crm.requisite.*: requisites of companies and people, their bank details, presets and links to items."""

from typing import Any

from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.crm.types import COMPANY, CONTACT, REQUISITE
from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Page, as_list, as_map, method, page_of, whole
from sandbox.portal.model import Portal
from sandbox.portal.world import iso, now

_OWNED = "CODE XML_ID ACTIVE SORT"
REQUISITE_FIELDS = f"""{_OWNED} ENTITY_TYPE_ID ENTITY_ID PRESET_ID NAME ORIGINATOR_ID ADDRESS_ONLY
RQ_NAME RQ_FIRST_NAME RQ_LAST_NAME RQ_SECOND_NAME RQ_COMPANY_NAME RQ_COMPANY_FULL_NAME RQ_COMPANY_REG_DATE
RQ_DIRECTOR RQ_ACCOUNTANT RQ_CEO_NAME RQ_CEO_WORK_POS RQ_BASE_DOC RQ_CONTACT RQ_EMAIL RQ_PHONE RQ_INN RQ_KPP RQ_OGRN
RQ_OGRNIP RQ_OKPO RQ_OKVED RQ_OKTMO RQ_IFNS RQ_IDENT_DOC""".split()
BANK_FIELDS = f"""{_OWNED} ENTITY_ID NAME COUNTRY_ID RQ_BANK_NAME RQ_BIK RQ_ACC_NUM RQ_COR_ACC_NUM RQ_ACC_CURRENCY
RQ_BANK_ADDR RQ_SWIFT COMMENTS""".split()
PRESET_FIELDS = f"{_OWNED} ENTITY_TYPE_ID COUNTRY_ID NAME".split()
ADDRESS_FIELDS = "ADDRESS_1 ADDRESS_2 CITY POSTAL_CODE REGION PROVINCE COUNTRY COUNTRY_CODE".split()  # noqa: SIM905
ADDRESS_KEY = ("TYPE_ID", "ENTITY_TYPE_ID", "ENTITY_ID")
LINK_FIELDS = ["ENTITY_TYPE_ID", "ENTITY_ID", "REQUISITE_ID", "BANK_DETAIL_ID", "MC_REQUISITE_ID", "MC_BANK_DETAIL_ID"]


def refuse(text: str, code: str | int = "") -> RestError:
    return RestError(code, text)


def add_row(portal: Portal, table: str, names: list[str], given: dict[str, Any], user_id: int) -> int:
    """Store a row of strings, as older methods do; unknown names are dropped."""
    row: dict[str, Any] = dict.fromkeys(["ID", *names])
    row |= {"ACTIVE": "Y", "SORT": "500", "DATE_CREATE": iso(now()), "CREATED_BY_ID": str(user_id)}
    row |= {name: _text(value) for name, value in given.items() if name in names}
    number = portal.next_id(table)
    row["ID"] = str(number)
    portal.tables[table][number] = row
    return number


def requisites_of(portal: Portal, entity_type_id: int, entity_id: int) -> list[dict[str, Any]]:
    owner = (str(entity_type_id), str(entity_id))
    return [row for row in portal.tables["requisites"].values() if (row["ENTITY_TYPE_ID"], row["ENTITY_ID"]) == owner]


@method("crm.requisite.add", scope="crm")
def add(call: Call) -> int:
    fields = _fields(call)
    entity_type, owner = whole(fields.get("ENTITY_TYPE_ID")), whole(fields.get("ENTITY_ID")) or 0
    if entity_type not in (CONTACT, COMPANY):
        raise refuse("ENTITY_TYPE_ID is not defined or invalid.")
    if owner not in call.portal.tables[f"items_{entity_type}"]:
        raise refuse("ENTITY_ID is not defined or invalid.")
    if whole(fields.get("PRESET_ID")) not in call.portal.tables["presets"]:
        raise refuse("PRESET_ID is not defined or invalid.")
    if not fields.get("NAME"):
        raise refuse("NAME is not defined or invalid.")
    return add_row(call.portal, "requisites", REQUISITE_FIELDS, fields, call.user.id)


@method("crm.requisite.bankdetail.add", scope="crm")
def add_bank_detail(call: Call) -> int:
    fields = _fields(call)
    if whole(fields.get("ENTITY_ID")) not in call.portal.tables["requisites"]:
        raise refuse("ENTITY_ID is not defined or invalid.")
    if not fields.get("NAME"):
        raise refuse("NAME is not defined or invalid.")
    given = {"COUNTRY_ID": "1", **fields}
    return add_row(call.portal, "bank_details", BANK_FIELDS, given, call.user.id)


@method("crm.requisite.preset.add", scope="crm", admin_only=True)
def add_preset(call: Call) -> int:
    return add_row(call.portal, "presets", PRESET_FIELDS, {"ENTITY_TYPE_ID": REQUISITE, **_fields(call)}, call.user.id)


def _register_tables() -> None:
    tables = {
        "crm.requisite": ("requisites", "Requisite", REQUISITE_FIELDS),
        "crm.requisite.bankdetail": ("bank_details", "BankDetail", BANK_FIELDS),
        "crm.requisite.preset": ("presets", "Preset", PRESET_FIELDS),
    }
    for name, (table, title, names) in tables.items():
        _register_table(name, table, title, names)


def _register_table(name: str, table: str, title: str, names: list[str]) -> None:
    def find(call: Call) -> dict[str, Any]:
        _check_read(call)
        number = whole(call.get("id"))
        row = call.portal.tables[table].get(number)
        if row is None:
            raise refuse(f"The {title} with ID '{call.text('id')}' is not found")
        return row

    @method(f"{name}.get", scope="crm")
    def get(call: Call) -> dict[str, Any]:
        return dict(find(call))

    @method(f"{name}.list", scope="crm")
    def rows(call: Call) -> Page:
        _check_read(call)
        return listed(call, list(call.portal.tables[table].values()))

    @method(f"{name}.update", scope="crm")
    def update(call: Call) -> bool:
        row = find(call)
        row |= {key: _text(value) for key, value in _fields(call).items() if key in names}
        row["DATE_MODIFY"] = iso(now())
        return True

    @method(f"{name}.delete", scope="crm")
    def delete(call: Call) -> bool:
        del call.portal.tables[table][int(find(call)["ID"])]
        return True

    @method(f"{name}.fields", scope="crm")
    def fields(call: Call) -> dict[str, Any]:
        return {key: {"type": "string", "isReadOnly": key == "ID", "title": key} for key in ["ID", *names]}


def listed(call: Call, rows: list[dict[str, Any]]) -> Page:
    """select, filter, order, start of an older list method."""
    rows = filter_rows(rows, call.map("filter"))
    rows = order_rows(rows, call.map("order") or {"ID": "ASC"})
    select = [str(name) for name in as_list(call.get("select"))]
    if not select or "*" in select:
        return page_of(rows, call.get("start"))
    return page_of(rows, call.get("start"), lambda page: [{n: row.get(n) for n in select} for row in page])


@method("crm.requisite.preset.field.list", scope="crm")
def preset_fields(call: Call) -> list[dict[str, Any]]:
    preset = call.portal.tables["presets"].get(whole(call.map("preset").get("ID")))
    if preset is None:
        raise refuse("Preset not found")
    names = _PRESET_FIELDS.get(str(preset["XML_ID"]), ["RQ_INN"])
    return [
        {"ID": str(number), "FIELD_NAME": name, "FIELD_TITLE": "", "IN_SHORT_LIST": "N", "SORT": str(500 + number)}
        for number, name in enumerate(names, 1)
    ]


_PERSON = ["RQ_LAST_NAME", "RQ_FIRST_NAME", "RQ_SECOND_NAME", "RQ_INN"]
_PRESET_FIELDS = {
    "#CRM_REQUISITE_PRESET_DEF_RU_COMPANY#": ["RQ_INN", "RQ_KPP", "RQ_COMPANY_NAME", "RQ_COMPANY_FULL_NAME"],
    "#CRM_REQUISITE_PRESET_DEF_RU_INDIVIDUAL#": [*_PERSON, "RQ_OGRNIP"],
    "#CRM_REQUISITE_PRESET_DEF_RU_PERSON#": _PERSON,
}


@method("crm.requisite.link.list", scope="crm")
def links(call: Call) -> Page:
    _check_read(call)
    return listed(call, list(call.portal.tables["links"].values()))


@method("crm.requisite.link.get", scope="crm")
def link(call: Call) -> dict[str, Any]:
    _check_read(call)
    key = (whole(call.required("entityTypeId")), whole(call.required("entityId")))
    row = call.portal.tables["links"].get(key)
    if row is None:
        raise refuse("Not found", 0)
    return dict(row)


@method("crm.requisite.link.register", scope="crm")
def register_link(call: Call) -> bool:
    fields = {name: whole(_fields(call).get(name)) or 0 for name in LINK_FIELDS}
    key = (fields["ENTITY_TYPE_ID"], fields["ENTITY_ID"])
    item = call.portal.tables[f"items_{key[0]}"].get(key[1])
    if item is None:
        raise refuse("Entity is not found.", 0)
    sides = {"": ("COMPANY_ID", "CONTACT_ID"), "MC_": ("MYCOMPANY_ID", "")}
    for prefix, (company, contact) in sides.items():
        _check_link(call.portal, fields, prefix, item.values.get(company), item.values.get(contact))
    call.portal.tables["links"][key] = {name: str(value) for name, value in fields.items()}
    return True


def _check_link(portal: Portal, fields: dict[str, int], prefix: str, company: Any, contact: Any) -> None:
    """Only requisites of the client and the seller already chosen in the item are taken."""
    number = fields[f"{prefix}REQUISITE_ID"]
    if not number:
        return
    row = portal.tables["requisites"].get(number)
    owners = {(str(COMPANY), str(company)), (str(CONTACT), str(contact))}
    if row is None or (row["ENTITY_TYPE_ID"], row["ENTITY_ID"]) not in owners:
        raise refuse(f"Requisite with ID '{number}' can not be linked to the entity.", 0)
    bank = portal.tables["bank_details"].get(fields[f"{prefix}BANK_DETAIL_ID"])
    if fields[f"{prefix}BANK_DETAIL_ID"] and (bank is None or bank["ENTITY_ID"] != str(number)):
        raise refuse("Bank detail can not be linked to the entity.", 0)


@method("crm.address.list", scope="crm")
def addresses(call: Call) -> Page:
    _check_read(call)
    rows = filter_rows(list(call.portal.tables["addresses"].values()), call.map("filter"))
    return page_of(rows, call.get("start"))


@method("crm.address.add", scope="crm")
def add_address(call: Call) -> bool:
    fields, key = _fields(call), _address_key(call)
    if key in call.portal.tables["addresses"]:
        raise refuse("TypeAddress exists. Use update.")
    given = {name: fields.get(name) for name in ADDRESS_FIELDS}
    call.portal.tables["addresses"][key] = {**dict(zip(ADDRESS_KEY, map(str, key), strict=True)), **given}
    return True


@method("crm.address.update", scope="crm")
def update_address(call: Call) -> bool:
    row = _address(call)
    row |= {name: value for name, value in _fields(call).items() if name in ADDRESS_FIELDS}
    return True


@method("crm.address.delete", scope="crm")
def delete_address(call: Call) -> bool:
    _address(call)
    del call.portal.tables["addresses"][_address_key(call)]
    return True


def _address(call: Call) -> dict[str, Any]:
    row = call.portal.tables["addresses"].get(_address_key(call))
    if row is None:
        raise refuse("TypeAddress not found.")
    return row


def _address_key(call: Call) -> tuple[int, ...]:
    key = tuple(whole(_fields(call).get(name)) or 0 for name in ADDRESS_KEY)
    if 0 in key:
        raise refuse("TYPE_ID, ENTITY_TYPE_ID or ENTITY_ID is not defined or invalid.")
    return key


def _fields(call: Call) -> dict[str, Any]:
    if not call.user.has_crm:
        raise refuse("Access denied.")
    return as_map(call.get("fields"))


def _check_read(call: Call) -> None:
    if not call.user.has_crm:
        raise refuse("Access denied.")


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


_register_tables()
