"""CRM items, their files and requisites, as a person would handle them."""

import base64
from typing import Any

from sandbox.portal.driving.base import Base
from sandbox.portal.driving.seeded import COMPANY_TYPE, CONTACT_TYPE, COUNTERAGENT, DEAL, DEAL_TYPE


class Crm(Base):
    def create_item(self, entity_type_id: int, fields: dict[str, Any], portal: str = "first") -> int:
        made = self.do("create_item", portal=portal, entity_type_id=entity_type_id, fields=fields)
        return made["ID"]

    def item(self, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first") -> dict[str, Any]:
        """Values by original upper-case names, files as ids, times as ISO texts; and "document_id"."""
        return self.do("read_item", portal=portal, entity_type_id=entity_type_id, item_id=item_id)

    def change_item(
        self, fields: dict[str, Any], entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first"
    ) -> dict[str, Any]:
        values = {"entity_type_id": entity_type_id, "item_id": item_id, "fields": fields}
        return self.do("change_item", portal=portal, **values)

    def move(self, stage: str, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first") -> None:
        """Put an item on a stage; its robots start."""
        self.change_item({"STAGE_ID": stage}, entity_type_id, item_id, portal)

    def delete_item(self, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first") -> None:
        self.do("remove_item", portal=portal, entity_type_id=entity_type_id, item_id=item_id)

    def put_file(
        self,
        field: str,
        name: str,
        content: bytes,
        entity_type_id: int = DEAL_TYPE,
        item_id: int = DEAL,
        portal: str = "first",
    ) -> int:
        """Put a file into a file field (a multiple one grows); its id."""
        values = {"entity_type_id": entity_type_id, "item_id": item_id, "field": field, "name": name}
        return self.do("put_file", portal=portal, content=base64.b64encode(content).decode(), **values)

    def files(
        self, field: str, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first"
    ) -> list[tuple[str, bytes]]:
        """Names and bytes of the files in a field."""
        values = {"entity_type_id": entity_type_id, "item_id": item_id, "field": field}
        found = self.do("read_files", portal=portal, **values)
        return [(one["name"], base64.b64decode(one["content"])) for one in found]

    def add_field(self, entity_id: str, name: str, kind: str, portal: str = "first", **more: str) -> None:
        """A user field: entity_id CRM_DEAL, CRM_1 …; more: multiple, mandatory (Y/N)."""
        self.do("add_field", portal=portal, entity_id=entity_id, name=name, kind=kind, **more)

    def set_requisite(
        self,
        inn: str,
        kpp: str = "",
        name: str = "",
        *,
        company_id: int = COUNTERAGENT,
        contact_id: int = 0,
        index: int = 0,
        portal: str = "first",
    ) -> int:
        """Write INN and KPP (and the name) of a company's or a contact's index-th requisite; the requisite's id."""
        owner = {"entity_type_id": CONTACT_TYPE if contact_id else COMPANY_TYPE, "entity_id": contact_id or company_id}
        return self.do("set_requisite", portal=portal, inn=inn, kpp=kpp, name=name, index=index, **owner)

    def requisites(
        self, entity_type_id: int = COMPANY_TYPE, entity_id: int = COUNTERAGENT, portal: str = "first"
    ) -> list[dict[str, Any]]:
        return self.do("requisites", portal=portal, entity_type_id=entity_type_id, entity_id=entity_id)

    def remove_requisites(
        self, entity_type_id: int = COMPANY_TYPE, entity_id: int = COUNTERAGENT, portal: str = "first"
    ) -> None:
        self.do("remove_requisites", portal=portal, entity_type_id=entity_type_id, entity_id=entity_id)

    def link_requisites(
        self,
        requisite_id: int = 0,
        my_requisite_id: int = 0,
        entity_type_id: int = DEAL_TYPE,
        entity_id: int = DEAL,
        portal: str = "first",
    ) -> None:
        """Choose requisites in an item, as its card does."""
        chosen = {"requisite_id": requisite_id, "my_requisite_id": my_requisite_id}
        self.do("link_requisites", portal=portal, entity_type_id=entity_type_id, entity_id=entity_id, **chosen)
