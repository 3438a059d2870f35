"""A package's entry in its item's timeline: exactly one, kept up to date, and not made again once a person deleted it.

An entry carries our mark (originatorId, originId), by which one whose making is in doubt is found again.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

import structlog

from activities import entry_comment
from activities.context import Context
from activities.entry_layout import Links, layout_of
from activities.item_people import people_of
from activities.notices import NEWS_AGE
from activities.registries.opening import shelves
from activities.registries.shelves import Shelf
from activities.situations import Situation, situation_of
from clients.bitrix24.timeline import CONFIGURABLE
from errors import NotFoundThere, PortalAuthLost, ServiceError
from registry.crm_registries import DOCUMENTS, PACKAGES
from registry.tables import CrmMirror

log = structlog.get_logger()

ORIGINATOR = "b24-edo"
OTHER_APPLICATION = "ERROR_WRONG_APPLICATION"  # made by us before the application was added to the portal anew


def tell(context: Context, package_id: int) -> None:
    """Show the package in its item's timeline as it is now. Raises ServiceErrors; safe to repeat."""
    situation = situation_of(context, package_id)
    settings = context.registry.settings()
    if situation is None or not settings.tells_timeline:
        return
    is_new = context.registry.mirror("timeline").get(package_id) is None
    if is_new and (not situation.documents or _is_old_story(context, situation)):
        return  # nothing to tell yet, or any more; but an entry whose papers were taken out says so
    layout = layout_of(situation, time_zone=settings.time_zone, links=_links(context, situation))
    fields = {"completed": "Y" if situation.is_final or not situation.documents else "N"}
    try:
        _Entry(context, situation).keep(fields, layout)
    except ServiceError as error:
        if error.temporary or isinstance(error, PortalAuthLost):
            raise
        log.warning("no entry in the timeline", package_id=package_id, code=error.code, detail=error.detail)
        entry_comment.tell_outcome(context, situation, because=error)


def _is_old_story(context: Context, situation: Situation) -> bool:
    """What ended before we kept entries is not told all over the deals when everything is shown anew."""
    return situation.is_final and context.now() - situation.package.changed_at > NEWS_AGE


def _links(context: Context, situation: Situation) -> Links:
    """Into the registries of the portal, where they are prepared."""
    found, ids = shelves(context), [one.id for one in situation.documents]
    if not found:
        return Links()
    package = _opened(found, context, PACKAGES, [situation.package.id])
    documents = _opened(found, context, DOCUMENTS, ids)
    kept = {one.document_id for one in context.registry.packages.kept_files_of(ids)}
    signed = {our_id: path for our_id, path in documents.items() if our_id in kept}
    return Links(package=package.get(situation.package.id, ""), documents=documents, signed=signed)


def _opened(found: Mapping[str, Shelf], context: Context, kind: str, our_ids: Sequence[int]) -> dict[int, str]:
    """Where the items of these open, of those that have one."""
    if (shelf := found.get(kind)) is None:
        return {}
    rows = context.registry.mirror(kind).of(our_ids).values()
    return {one.our_id: shelf.link(one.their_id) for one in rows if one.their_id and one.gone_at is None}


class _Entry:
    """The entry of one package, as far as we know of it."""

    def __init__(self, context: Context, situation: Situation) -> None:
        self._context, self._situation, self._item = context, situation, situation.item
        self._mirror = context.registry.mirror("timeline")
        self._id = situation.package.id

    def keep(self, fields: dict[str, Any], layout: dict[str, Any]) -> None:
        written = {"entry": digest(fields, layout)}
        known = self._mirror.get(self._id)
        if known is not None and (known.gone_at or known.written == written):
            return
        try:
            their_id = self._their_id(known)
            add_or_update = partial(self._update, their_id) if their_id else self._add
            their_id = add_or_update(fields, layout)
        except NotFoundThere as error:  # a person deleted the entry, or the whole item
            log.info("entry is gone", package_id=self._id, detail=error.detail)
            self._mirror.gone(self._id)
            return
        self._mirror.made(self._id, their_id=their_id, written=written)

    def _their_id(self, known: CrmMirror | None) -> int:
        """The entry's number, 0 when there is none; one whose making was begun is looked for by our mark."""
        if known is None:
            self._mirror.intend(self._id)
            return 0
        return known.their_id or self._found()

    def _found(self, after: int = 0) -> int:
        owner = {"OWNER_TYPE_ID": self._item.entity_type_id, "OWNER_ID": self._item.item_id}
        mark = {"ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": self._mark}
        found = self._context.bitrix24.crm_activity_list({**owner, **mark, "PROVIDER_ID": CONFIGURABLE})
        ours = (one.id for one in found if (one.originator_id, one.origin_id) == (ORIGINATOR, self._mark))
        return next((number for number in ours if number > after), 0)

    def _update(self, their_id: int, fields: dict[str, Any], layout: dict[str, Any]) -> int:
        try:
            self._context.bitrix24.crm_activity_configurable_update(their_id, fields=fields, layout=layout)
        except ServiceError as error:
            if error.vendor_code.upper() != OTHER_APPLICATION:
                raise
            newer = self._found(after=their_id)  # made by an earlier try whose answer was lost
            return self._update(newer, fields, layout) if newer else self._add(fields, layout)
        return their_id

    def _add(self, fields: dict[str, Any], layout: dict[str, Any]) -> int:
        people = people_of(self._context, self._item)
        marked = {**fields, "originatorId": ORIGINATOR, "originId": self._mark, "responsibleId": people.recipients[0]}
        place = {"entity_type_id": self._item.entity_type_id, "entity_id": self._item.item_id}
        return self._context.bitrix24.crm_activity_configurable_add(**place, fields=marked, layout=layout)

    @property
    def _mark(self) -> str:
        return self._situation.subject


def digest(*parts: Any) -> str:
    """The same for the same look: what is unchanged is not written."""
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
