"""Signed papers come into our registry by themselves, before anybody is told that they are signed.

Diadoc makes archives and print forms when they are asked for. They are waited for a while, then people are told without
them; an hourly look goes on asking for those that are still missing.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog

from activities import downloading
from activities.context import Context, Unremembered
from activities.sending import box_of
from activities.states import DocflowState, Outcome, outcome
from errors import AppError, AuthLost, BoxNotChosen, NoAccess, SubscriptionEnded, Unavailable
from registry.blobs import Blob
from registry.crm_registries import DOCUMENTS, CrmRegistries
from registry.tables import Box, Document, Package

log = structlog.get_logger()

CONTENTS = ("print_form", "archive")
PATIENCE = timedelta(minutes=15)  # since the paper ended; so long people wait for its files
LOOKED_FOR = timedelta(days=30)  # after that nobody asks Diadoc any more
ENDED = "signed_files"  # all that Diadoc gives was kept
_WELL = (Outcome.SUCCESS, Outcome.DISCREPANCIES)


def keep(context: Context, package_id: int) -> None:
    """Fetch print form and archive of every paper that ended well, where registries are prepared and people want it.

    Raises temporary errors while it is worth waiting; what was fetched stays. Later missing files raise nothing.
    """
    package = context.registry.packages.get(package_id)
    if package is None or package.state != "sent" or not _is_wanted(context):
        return
    papers = [one for one in context.registry.packages.documents(package_id) if _ended_well(one)]
    missing = [(paper, contents) for paper in papers if (contents := _missing(context, paper))]
    if missing:
        _fetch(context, package, missing)


def _is_wanted(context: Context) -> bool:
    registries = CrmRegistries(context.registry.database, context.portal.id)
    return context.registry.settings().keeps_signed and DOCUMENTS in registries.all()


def _ended_well(document: Document) -> bool:
    return document.is_final and outcome(DocflowState(document.docflow_state), document.needs_reply) in _WELL


def _missing(context: Context, document: Document) -> list[str]:
    if not context.registry.effects(f"document:{document.id}").begin(ENDED):
        return []
    kept = {one.kind for one in context.registry.packages.kept_files(document.id)}
    return [content for content in CONTENTS if content not in kept]


def _fetch(context: Context, package: Package, missing: list[tuple[Document, list[str]]]) -> None:
    """Everything is tried before the first failure is told of: one paper must not keep the others."""
    try:
        box = box_of(context, package)
    except (BoxNotChosen, AuthLost, NoAccess, SubscriptionEnded) as error:
        log.warning("signed files not fetched", package_id=package.id, error_code=error.code)
        return
    waited_for: Unavailable | None = None
    until = monotonic() + downloading.ROUND_SECONDS  # for all together: others wait for this worker, and for an answer
    for document, contents in missing:
        is_settled = True
        for content in contents:
            try:
                is_settled &= _keep(context, box, document, content, until - monotonic())
            except Unavailable as error:
                is_settled = False
                if context.now() - document.changed_at < PATIENCE:
                    waited_for = waited_for or error
            except AppError as error:
                is_settled = False
                log.warning("signed file not fetched", document_id=document.id, content=content, detail=str(error))
        if is_settled:
            context.registry.effects(f"document:{document.id}").done(ENDED)
    if waited_for is not None:
        raise waited_for


def _keep(context: Context, box: Box, document: Document, content: str, seconds: float) -> bool:
    """Whether nothing more is to be expected: a fresh paper is often refused what it is given an hour later.

    Raises Unavailable while Diadoc still makes it.
    """
    asking = replace(context, journal=_Since(document.changed_at))
    fetched, missing = downloading.fetch(asking, box, [document], [content], round_seconds=max(seconds, 0.0))
    for one in fetched:
        blob = Blob(key=one.file.blob, sha256=one.file.sha256, size=one.file.size)
        context.registry.packages.keep_file(document.id, kind=one.kind, file_name=one.file.file_name, blob=blob)
    return not missing or context.now() - document.changed_at >= downloading.FRESH


class _Since(Unremembered):
    """Diadoc's patience counts from when the paper ended, not from each time that we look."""

    def __init__(self, since: datetime) -> None:
        self._since = since

    def step(self, name: str, do: Callable[[], Any], look: Callable[[], Any] | None) -> Any:
        return self._since.isoformat() if name == "fetching_since" else do()
