"""A registry as a smart process: its type, its relations, its fields."""

from activities.context import Context
from activities.crm_ids import DEAL
from activities.registries.fields import FIELDS, FILE, FILES, TITLES, Field
from activities.registries.made import MARK, Made, another_type, by_sort, refused
from activities.registries.smart_shelf import PARENTS
from clients.bitrix24.batch import Command
from clients.bitrix24.models import CrmType, UserField
from clients.bitrix24.smart_types import NewUserField, field_to_add
from errors import AuthLost, NoAccess, NotFoundThere, SubscriptionEnded
from registry.crm_registries import DOCUMENTS, PACKAGES, CrmRegistries
from registry.tables import CrmRegistry

PREFIX = "EDO_"  # after UF_CRM_<type>_: no field of another's begins so
TYPES = {"item": "string", FILE: "file", FILES: "file"}  # the others are called the same there
# Without stages there is nothing to move by hand, and nothing that moves by itself.
NEW_FLAGS = {
    "isClientEnabled": True,
    "isSetOpenPermissions": True,
    "isBizProcEnabled": True,
    "isRecyclebinEnabled": True,
    "isUseInUserfieldEnabled": True,
    "isStagesEnabled": False,
    "isCategoriesEnabled": False,
    "isAutomationEnabled": False,
    "isBeginCloseDatesEnabled": False,
    "isDocumentsEnabled": False,
    "isLinkWithProductsEnabled": False,
    "isMycompanyEnabled": False,
    "isObserversEnabled": False,
    "isSourceEnabled": False,
}
NEEDED_FLAGS = ("isClientEnabled",)
_HOPELESS = (NoAccess, SubscriptionEnded, AuthLost)  # the same for every field


def make(context: Context, registries: CrmRegistries, kind: str, known: CrmRegistry | None, list_id: int) -> Made:
    """The smart process of this kind: the one we remember, else one that bears our marks, else a new one."""
    parents = _parents(registries, kind)
    found, is_new = _found(context, registries, kind, known), False
    if found is None:
        title = TITLES[kind].of(context.language)
        registries.keep(kind, backend="smart_process", type_id=0, entity_type_id=0, fields={}, title=title)
        found = context.bitrix24.crm_type_add(title=title, flags=NEW_FLAGS, parents=parents)
        is_new = True
    else:
        _bind(context, found, parents)
    is_elsewhere = known is None or known.type_id != found.id
    if is_elsewhere:  # remembered before its fields are made: a death in between must not make a second one
        place = {"type_id": found.id, "entity_type_id": found.entity_type_id}
        registries.keep(kind, backend="smart_process", fields={}, **place)
    made = Made(
        title=found.title,
        entity_type_id=found.entity_type_id,
        type_id=found.id,
        is_new=is_new,
        is_elsewhere=is_elsewhere,
    )
    _fields(context, kind, made)
    there = context.bitrix24.crm_item_fields(entity_type_id=found.entity_type_id)
    made.fields[PARENTS] = sorted(
        int(name.removeprefix("parentId")) for name in there if name.removeprefix("parentId").isdigit()
    )
    return made


def _parents(registries: CrmRegistries, kind: str) -> list[int]:
    packages = registries.all().get(PACKAGES) if kind == DOCUMENTS else None
    return [DEAL, *([packages.entity_type_id] if packages and packages.entity_type_id else [])]


def _found(context: Context, registries: CrmRegistries, kind: str, known: CrmRegistry | None) -> CrmType | None:
    client = context.bitrix24
    if known is not None and known.type_id:
        try:
            return client.crm_type_get(known.type_id)
        except NotFoundThere:
            pass  # a person deleted it
    titles = {TITLES[kind].ru, TITLES[kind].en}
    named = [one for one in client.crm_type_list() if one.title in titles]
    for one in named:
        fields = [field.name for field in client.userfieldconfig_list(entity_id=_entity(one.id))]
        # one without any field is ours if we began to make one and the answer was lost
        has_begun = known is not None and not known.type_id and not fields
        if has_begun or any(name.startswith(f"UF_{_entity(one.id)}_{PREFIX}") for name in fields):
            return client.crm_type_get(one.id)
    return None


def _bind(context: Context, found: CrmType, parents: list[int]) -> None:
    """What we cannot do without; everything else stays as people have set it."""
    lacking = set(parents) - set(found.parents)
    flags = {name: True for name in NEEDED_FLAGS if name not in found.flags}
    if lacking or flags:
        bound = [*found.parents, *sorted(lacking)] if lacking else []
        context.bitrix24.crm_type_update(type_id=found.id, flags=flags, parents=bound)


def _fields(context: Context, kind: str, made: Made) -> None:
    entity = _entity(made.type_id)
    there = _there(context, entity)
    missing = [(sort, one) for sort, one in by_sort(FIELDS[kind]) if _name(entity, one) not in there]
    if missing:
        outcomes = context.bitrix24.batch({one.name: _new(entity, one, sort) for sort, one in missing})
        there = _there(context, entity)
        for _, one in missing:
            error = outcomes[one.name].error
            if _name(entity, one) in there:
                made.fields_made.append(one)
            elif error is not None and (error.temporary or isinstance(error, _HOPELESS)):
                raise error
            else:
                made.troubles.append(refused(one, error.detail if error else ""))
    for one in FIELDS[kind]:
        field = there.get(_name(entity, one))
        if field is not None and _is_right(one, field):
            made.fields[one.name] = field.name
        elif field is not None:
            many = ", multiple" if field.is_multiple else ""
            made.troubles.append(another_type(one, there=field.type + many, wanted=_type(one)))


def _there(context: Context, entity: str) -> dict[str, UserField]:
    return {one.name: one for one in context.bitrix24.userfieldconfig_list(entity_id=entity)}


def _new(entity: str, one: Field, sort: int) -> Command:
    return field_to_add(
        NewUserField(
            entity_id=entity,
            name=_name(entity, one),
            type=_type(one),
            labels={"ru": one.label.ru, "en": one.label.en},
            xml_id=f"{MARK}:{one.name}",
            sort=sort,
            is_multiple=one.type == FILES,
            is_shown_in_list=one.is_listed,
        )
    )


def _is_right(one: Field, field: UserField) -> bool:
    return field.type == _type(one) and field.is_multiple == (one.type == FILES)


def _type(one: Field) -> str:
    return TYPES.get(one.type, one.type)


def _name(entity: str, one: Field) -> str:
    return f"UF_{entity}_{PREFIX}{one.name.upper()}"


def _entity(type_id: int) -> str:
    return f"CRM_{type_id}"
