"""Smart processes and the fields that are added to CRM items: crm.type.*, userfieldconfig.*."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clients.bitrix24 import reading, wire
from clients.bitrix24.batch import Command
from clients.bitrix24.caller import Caller
from clients.bitrix24.models import CrmType, UserField
from errors import NotFoundThere

MODULE = "crm"


@dataclass(frozen=True, kw_only=True)
class NewUserField:
    """A field to be added. entity_id: CRM_DEAL, or CRM_<type id> of a smart process; name: UF_<entity_id>_<POSTFIX>, at
    most 50 characters; type: string, integer, money, date, file, …; labels: {language: text}."""

    entity_id: str
    name: str
    type: str
    labels: Mapping[str, str]
    xml_id: str = ""
    sort: int = 100
    is_multiple: bool = False
    is_shown_in_list: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)

    def params(self) -> dict[str, Any]:
        labels = dict(self.labels)
        described = {
            "entityId": self.entity_id,
            "fieldName": self.name,
            "userTypeId": self.type,
            "xmlId": self.xml_id,
            "sort": self.sort,
            "multiple": "Y" if self.is_multiple else "N",
            "mandatory": "N",
            "showFilter": "N" if self.type == "file" else "Y",
            "showInList": "Y" if self.is_shown_in_list else "N",
            "editInList": "Y",
            "isSearchable": "N",
            "editFormLabel": labels,
            "listColumnLabel": labels,
            "listFilterLabel": labels,
        }
        return {"moduleId": MODULE, "field": described | ({"settings": self.settings} if self.settings else {})}


class SmartTypeMethods(Caller):
    def crm_type_add(
        self, *, title: str, flags: Mapping[str, bool], parents: Iterable[int] = (), entity_type_id: int = 0
    ) -> CrmType:
        """A new smart process. Never repeated here: find what an unclear failure left by its title.

        flags: isClientEnabled, isStagesEnabled, …; parents: kinds of items that its items are bound to.
        Raises SubscriptionEnded where the plan has no more of them, NoAccess without an administrator of the CRM.
        """
        number = {"entityTypeId": entity_type_id} if entity_type_id else {}
        fields = {"title": title, **number, **_type_fields(flags, parents)}
        return self._type("crm.type.add", {"fields": fields})

    def crm_type_update(self, *, type_id: int, flags: Mapping[str, bool], parents: Iterable[int] = ()) -> CrmType:
        """Switch flags and name all parents; what is not named is left as it is, parents as a whole."""
        params = {"id": type_id, "fields": _type_fields(flags, parents)}
        return self._type("crm.type.update", params, repeat=True)

    def crm_type_get(self, type_id: int) -> CrmType:
        """Raises NotFoundThere when there is none."""
        return self._type("crm.type.get", {"id": type_id})

    def _type(self, method: str, params: Mapping[str, Any], *, repeat: bool | None = None) -> CrmType:
        found = reading.crm_type(wire.as_map(self.call(method, params, repeat=repeat)).get("type"))
        if not found.id:
            raise NotFoundThere(system=wire.SYSTEM, method=method, detail="no type in the answer")
        return found

    def userfieldconfig_list(self, *, entity_id: str) -> Iterator[UserField]:
        """The fields that were added to a kind of items; scopes userfieldconfig and crm."""
        params = {"moduleId": MODULE, "filter": {"entityId": entity_id}, "order": {"id": "ASC"}}
        return map(reading.user_field, self.list_pages("userfieldconfig.list", params, "fields"))

    def userfieldconfig_add(self, new: NewUserField) -> UserField:
        """The field as the portal has made it; its name may differ from what was asked for."""
        return added_field(self.call("userfieldconfig.add", new.params()))


def field_to_add(new: NewUserField) -> Command:
    """userfieldconfig.add for a batch; its result goes to `added_field`."""
    return Command("userfieldconfig.add", new.params())


def added_field(result: Any) -> UserField:
    return reading.user_field(wire.as_map(result).get("field"))


def _type_fields(flags: Mapping[str, bool], parents: Iterable[int]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: "Y" if is_on else "N" for name, is_on in flags.items()}
    # here, and only here, flags are these words
    related = [{"entityTypeId": number, "isChildrenListEnabled": "true"} for number in parents]
    return fields | ({"relations": {"parent": related}} if related else {})
