"""A registry as a universal list: made where we may, else one that a person has made and named to us."""

from activities.context import Context
from activities.registries.fields import FIELDS, FILE, FILES, TITLES, Field
from activities.registries.made import Made, another_type, by_sort, refused
from activities.values import Text
from clients.bitrix24.lists import LISTS, WhichList
from clients.bitrix24.models import ListField, PortalList
from errors import Conflict, NoAccess, NotConfigured, NotFoundThere, RequestRejected
from registry.crm_registries import DOCUMENTS, PACKAGES, CrmRegistries
from registry.tables import CrmRegistry

CODES = {DOCUMENTS: "b24_edo_documents", PACKAGES: "b24_edo_packages"}
PREFIX = "EDO_"
COMPANY = Field(name="company", label=Text("Компания", "Company"), type="item")
TYPES = {
    "string": "S",
    "integer": "N",
    "money": "S:Money",
    "date": "S:Date",
    "datetime": "S:DateTime",
    "boolean": "S",
    "url": "S",
    "item": "S:ECrm",
    FILE: "F",
    FILES: "F",  # one file, several as one zip: what becomes of a list's other files when it is written is not known
}


def fields_of(kind: str) -> tuple[Field, ...]:
    """Those of every registry, and the company, which a smart process has by itself."""
    return (*FIELDS[kind], COMPANY)


def make(context: Context, registries: CrmRegistries, kind: str, known: CrmRegistry | None, list_id: int) -> Made:
    """The list of this kind: the one named, the one we remember, one of our code, else a new one.

    Raises NotConfigured where there is no such list, or we may make none.
    """
    found, is_new = _found(context, kind, known, list_id), False
    if found is None:
        found, is_new = _new(context, kind), True
    is_elsewhere = known is None or known.iblock_id != found.id
    if is_elsewhere:
        place = {"iblock_type": found.type, "iblock_id": found.id, "type_id": 0, "entity_type_id": 0}
        registries.keep(kind, backend="list", fields={}, **place)
    made = Made(
        title=found.name,
        iblock_type=found.type,
        iblock_id=found.id,
        is_new=is_new,
        is_elsewhere=is_elsewhere,
    )
    _fields(context, kind, made)
    return made


def _found(context: Context, kind: str, known: CrmRegistry | None, list_id: int) -> PortalList | None:
    there = {one.id: one for one in context.bitrix24.lists_get(type=LISTS)}
    if list_id:
        if list_id not in there:
            raise NotConfigured(what=Text(f"список {list_id} на портале", f"list {list_id} on the portal"))
        return there[list_id]
    if known is not None and known.iblock_id in there:
        return there[known.iblock_id]
    return next((one for one in there.values() if one.code == CODES[kind]), None)


def _new(context: Context, kind: str) -> PortalList:
    title = TITLES[kind].of(context.language)
    try:
        rights = {f"U{context.portal.installer_user_id}": "X", "*": "W"}
        list_id = context.bitrix24.lists_add(code=CODES[kind], name=title, rights=rights)
    except (NoAccess, NotFoundThere, Conflict) as error:
        what = Text(
            f"реестры в CRM: портал не дал создать список ({error.detail}); создайте на портале список «{title}» и "
            "укажите его номер",
            f'registries in the CRM: the portal let us make no list ({error.detail}); make a list "{title}" on the '
            "portal and name its number",
        )
        raise NotConfigured(what=what) from error
    return PortalList(id=list_id, type=LISTS, code=CODES[kind], name=title)


def _fields(context: Context, kind: str, made: Made) -> None:
    which = WhichList(id=made.iblock_id, type=made.iblock_type)
    there = _there(context, which)
    for sort, one in by_sort(fields_of(kind)):
        if _code(one) not in there and _added(context, which, one, sort, made):
            made.fields_made.append(one)
    if made.fields_made:
        there = _there(context, which)
    for one in fields_of(kind):
        field = there.get(_code(one))
        if field is not None and field.type in (TYPES[one.type], *(("S",) if not one.is_file else ())):
            made.fields[one.name] = field.name
        elif field is not None:
            made.troubles.append(another_type(one, there=field.type, wanted=TYPES[one.type]))


def _added(context: Context, which: WhichList, one: Field, sort: int, made: Made) -> bool:
    """Where the portal knows no such type, a line of text does."""
    try:
        for type in dict.fromkeys((TYPES[one.type], "F" if one.is_file else "S")):
            try:
                context.bitrix24.lists_field_add(
                    which, code=_code(one), name=one.label.of(context.language), type=type, sort=sort
                )
                return True
            except RequestRejected as error:
                refusal = error
    except NotFoundThere as error:
        refusal = RequestRejected(**error.facts)
    made.troubles.append(refused(one, refusal.detail))
    return False


def _there(context: Context, which: WhichList) -> dict[str, ListField]:
    return {one.code: one for one in context.bitrix24.lists_field_get(which)}


def _code(one: Field) -> str:
    return PREFIX + one.name.upper()
