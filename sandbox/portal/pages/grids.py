"""Grids: items of a smart process, elements of a universal list, tasks and notifications of a person."""

from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.crm.fields import fields_of
from sandbox.portal.crm.types import smart_type
from sandbox.portal.methods import as_list
from sandbox.portal.model import Portal
from sandbox.portal.pages.bbcode import shown
from sandbox.portal.pages.card import HIDDEN
from sandbox.portal.pages.shown_values import Part, Row, card_path, name_of, row_of, title_of
from sandbox.portal.pages.timeline import task_path
from sandbox.portal.values import site_time, to_moment

_STANDARD = {"TITLE", "STAGE_ID", "OPPORTUNITY", "CURRENCY_ID", "COMPANY_ID", "ASSIGNED_BY_ID"}


def smart_grid(portal: Portal, entity_type_id: int, language: str) -> dict[str, Any] | None:
    """Every column that is of use: the common ones, parents, and all fields that somebody added."""
    smart = smart_type(portal, entity_type_id)
    if smart is None:
        return None
    known = [one for one in fields_of(portal, entity_type_id) if one.upper not in HIDDEN]
    columns = [one for one in known if one.upper in _STANDARD or one.type == "crm_entity" or one.dynamic]
    found = reversed(items.items_of(portal, entity_type_id).values())
    return {
        "title": smart.title,
        "add": card_path(entity_type_id, 0),
        "columns": [title_of(one, language) for one in columns],
        "lines": [
            {
                "id": item.id,
                "url": card_path(entity_type_id, item.id),
                "cells": [
                    Row(one.upper, "", [Part(name_of(item.values), card_path(entity_type_id, item.id))])
                    if one.upper == "TITLE"
                    else row_of(portal, one, item.values.get(one.upper), language)
                    for one in columns
                ],
            }
            for item in found
        ],
    }


def list_grid(portal: Portal, number: int) -> dict[str, Any] | None:
    iblock = portal.tables["iblocks"].get(number)
    if iblock is None:
        return None
    rows = [row for row in portal.tables["elements"].values() if row["IBLOCK_ID"] == iblock["ID"]]
    fields = list(iblock["fields"].values())
    return {
        "title": iblock["NAME"],
        "add": "",
        "columns": [field["NAME"] for field in fields],
        "lines": [
            {
                "id": row["ID"],
                "url": "",
                "cells": [Row(one["FIELD_ID"], one["NAME"], _list_parts(portal, one, row)) for one in fields],
            }
            for row in reversed(rows)
        ],
    }


def _list_parts(portal: Portal, field: dict[str, Any], row: dict[str, Any]) -> list[Part]:
    values = row.get(field["FIELD_ID"])
    texts = [str(value) for value in as_list(values) if value not in (None, "")]
    if field["TYPE"] == "F":
        return [Part(portal.files[int(text)].name, f"/crm/file/{text}/") for text in texts]
    return [Part(text) for text in texts]


def notifications(portal: Portal, user_id: int) -> list[dict[str, Any]]:
    rows = [row for row in portal.tables["notifications"].values() if row["user_id"] == user_id]
    return [
        {
            "id": row["id"],
            "at": _time(row["at"]),
            "text": shown(row["message"]),
            "author": portal.users[row["author_id"]].full_name if row["author_id"] in portal.users else "",
        }
        for row in reversed(rows)
    ]


def tasks(portal: Portal, user_id: int) -> list[dict[str, Any]]:
    own = [row for row in portal.tables["tasks"].values() if str(user_id) in (row["responsibleId"], row["createdBy"])]
    return [task(portal, row) for row in reversed(own)]


def task(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    responsible = portal.users.get(int(row["responsibleId"]))
    return {
        **row,
        "url": task_path(row),
        "shown_deadline": _time(row["deadline"]),
        "responsible": responsible.full_name if responsible else "",
        "text": shown(row["description"]),
    }


def _time(moment: Any) -> str:
    found = to_moment(moment) if moment else None
    return site_time(found)[:16] if found else ""
