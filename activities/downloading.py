"""Files of documents fetched from Diadoc into our store: streamed, hashed, and each fetched once a call.

Archives, print forms and protocols are made by Diadoc when they are asked for, which takes seconds to minutes: all are
asked for at once, those that are ready are taken, and for the rest the call comes back.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic, sleep
from typing import Any, BinaryIO, cast

from activities import file_names
from activities.context import Context
from activities.sources import TakenFile
from activities.states import DocflowState
from activities.values import Text
from clients.diadoc import conflicts
from clients.diadoc.client import DiadocClient
from clients.diadoc.models import Download, Entity, Message, NotReady
from clients.diadoc.states import EntityType
from errors import Conflict, Unavailable
from registry.tables import Box, Document

CONTENTS = {
    "original": Text("Исходный файл", "Original"),
    "signatures": Text("Подписи", "Signatures"),
    "archive": Text("Архив с подписями", "Archive with signatures"),
    "protocol": Text("Протокол передачи", "Exchange protocol"),
    "print_form": Text("Печатная форма (PDF)", "Print form (PDF)"),
}
ROUND_SECONDS = 15.0  # so long one run waits for files that are being made; after that the call comes back
PATIENCE = timedelta(minutes=10)  # for what may never come: a print form, a protocol
CONFLICT_PATIENCE = timedelta(minutes=2)  # Diadoc says "impossible" of a fresh document and means "not yet"
FRESH = timedelta(hours=1)
ZIP, PDF = b"PK", b"%PDF"
_DISPENSABLE = ("print_form", "protocol")

Result = dict[str, Any]  # a step's: {"files": [{kind, file_name, blob, size, sha256}], "missing": None or {ru, en}}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file in our store; kind: what it is to its document, as our registry keeps it."""

    document: Document
    kind: str
    file: TakenFile


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What Diadoc cannot give, and why."""

    document: Document
    content: str
    reason: Text

    @property
    def code(self) -> str:
        return f"{self.content}:{self.document.id}"

    def text(self, language: str) -> str:
        """One line for a person."""
        title = file_names.title_of(self.document, language)
        return f"{CONTENTS[self.content].of(language)}, {title}: {self.reason.of(language)}"


def fetch(
    context: Context,
    box: Box,
    documents: Sequence[Document],
    contents: Sequence[str],
    *,
    round_seconds: float | None = None,
) -> tuple[list[Fetched], list[Missing]]:
    """Every content of every document, in this order, under names that differ.

    round_seconds: so long files are waited for here, ROUND_SECONDS unless told.
    Raises Unavailable while something is still being made (what is fetched stays fetched), and errors of Diadoc.
    """
    wanted = [(document, content) for document in documents for content in dict.fromkeys(contents)]
    results = _in_rounds(_Fetching(context, box), wanted, ROUND_SECONDS if round_seconds is None else round_seconds)
    found = [(document, one) for (document, _), result in zip(wanted, results, strict=True) for one in result["files"]]
    names = file_names.unique(one["file_name"] for _, one in found)
    files = [
        Fetched(document=document, kind=one["kind"], file=_taken(one, name))
        for (document, one), name in zip(found, names, strict=True)
    ]
    missing = [
        Missing(document=document, content=content, reason=Text(**result["missing"]))
        for (document, content), result in zip(wanted, results, strict=True)
        if result["missing"]
    ]
    return files, missing


def _taken(one: dict[str, Any], name: str) -> TakenFile:
    return TakenFile(file_name=name, blob=one["blob"], size=one["size"], sha256=one["sha256"])


class _StillMade(Unavailable):
    """Diadoc is making the file."""


def _in_rounds(fetching: "_Fetching", wanted: list[tuple[Document, str]], seconds: float) -> list[Result]:
    results: dict[int, Result] = {}
    until = monotonic() + seconds
    while True:
        waited_for: list[_StillMade] = []
        for number, (document, content) in enumerate(wanted):
            if number in results:
                continue
            try:
                results[number] = fetching.once(document, content)
            except _StillMade as error:
                waited_for.append(error)
        if not waited_for:
            return [results[number] for number in range(len(wanted))]
        pause = min(error.retry_after or 1.0 for error in waited_for)
        if monotonic() + pause > until:
            raise waited_for[0]
        sleep(pause)


class _Fetching:
    """Fetches for one call; `since`: when the call first asked, however often it has come back."""

    def __init__(self, context: Context, box: Box) -> None:
        self.context, self.box = context, box
        self.client: DiadocClient = context.diadoc(box)
        self.since = datetime.fromisoformat(context.step("fetching_since", lambda: context.now().isoformat()))

    def once(self, document: Document, content: str) -> Result:
        """The recorded result, else one try. Raises _StillMade."""
        return self.context.step(f"fetch:{document.id}:{content}", self._try, document, content)

    def _try(self, document: Document, content: str) -> Result:
        if document.docflow_state == DocflowState.DELETED or not document.entity_id:
            return _nothing(Text("документ удалён в Диадоке", "the document was deleted in Diadoc"))
        take: Callable[[Document], Iterator[Result]] = getattr(self, f"_{content}")
        try:
            return {"files": list(take(document)), "missing": None}
        except Conflict as error:
            return self._impossible(document, content, error)
        except _StillMade:
            if content not in _DISPENSABLE or not self._is_over(PATIENCE):
                raise
            return _nothing(Text("Диадок не сделал вовремя", "Diadoc did not make it in time"))

    def _impossible(self, document: Document, content: str, error: Conflict) -> Result:
        if content not in _DISPENSABLE:
            raise error
        may_pass = self._is_fresh(document) or not conflicts.no_print_form(error)
        if content == "print_form" and may_pass and not self._is_over(CONFLICT_PATIENCE):
            raise self._still_made(content, error.retry_after) from error
        detail = f" ({error.detail})" if error.detail else ""
        return _nothing(Text(f"Диадок не даёт{detail}", f"Diadoc does not give it{detail}"))

    def _is_fresh(self, document: Document) -> bool:
        return self.context.now() - document.changed_at < FRESH

    def _is_over(self, patience: timedelta) -> bool:
        """A quarter of the call's time at most: the call comes back at longer and longer intervals."""
        deadline = self.context.deadline_at
        limit = min(patience, (deadline - self.since) / 4) if deadline else patience
        return self.context.now() - self.since >= limit

    def _still_made(self, content: str, retry_after: float | None) -> _StillMade:
        name = CONTENTS[content].en.lower()
        return _StillMade(system="Диадок", method=content, detail=f"{name}: in progress", retry_after=retry_after)

    # What there is to fetch; each yields the files of one content of one document

    def _original(self, document: Document) -> Iterator[Result]:
        yield self._entity(document, document.entity_id or "", "original", file_names.original(document))

    def _signatures(self, document: Document) -> Iterator[Result]:
        """Those of the document and of the reply title, together with that title: one is nothing without the other."""
        language, place = self.context.language, self._place(document)
        message = self.client.get_message(**place)
        titles = _reply_titles(message, document)
        for title in titles:
            name = file_names.made_of(document, "answer", language)
            yield self._entity(document, title.entity_id, "answer", name)
        signed = {document.entity_id, *(title.entity_id for title in titles)}
        signatures = [one for one in message.entities if one.is_signature and one.parent_entity_id in signed]
        given = [one for one in signatures if not one.is_approvement_signature]
        for number, signature in enumerate(given, start=1):
            name = file_names.made_of(document, "signature", language, number=number)
            yield self._entity(document, signature.entity_id, "signature", name)

    def _archive(self, document: Document) -> Iterator[Result]:
        ready = self.client.generate_document_zip(**self._place(document))
        if isinstance(ready, NotReady):
            raise self._still_made("archive", ready.retry_after)
        name = file_names.made_of(document, "archive", self.context.language)
        yield self._stored("archive", name, lambda to: self.client.shelf_download(name=ready, to=to, starts_with=ZIP))

    def _print_form(self, document: Document) -> Iterator[Result]:
        def write(to: BinaryIO) -> Download:
            ready = self.client.generate_print_form(to=to, **self._place(document))
            if isinstance(ready, NotReady):
                raise self._still_made("print_form", ready.retry_after)
            return ready

        yield self._stored("print_form", file_names.made_of(document, "print_form", self.context.language), write)

    def _protocol(self, document: Document) -> Iterator[Result]:
        made = self.client.generate_document_protocol(**self._place(document))
        if isinstance(made, NotReady):
            raise self._still_made("protocol", made.retry_after)
        for kind, content in (("protocol", made.print_form), ("protocol_signature", made.signature)):
            if content:
                name = file_names.made_of(document, kind, self.context.language)
                yield self._stored(kind, name, partial(_write, content))

    def _entity(self, document: Document, entity_id: str, kind: str, name: str) -> Result:
        address = self._place(document) | {"entity_id": entity_id}
        return self._stored(kind, name, lambda to: self.client.get_entity_content(to=to, **address))

    def _stored(self, kind: str, name: str, write: Callable[[BinaryIO], Any]) -> Result:
        with tempfile.TemporaryFile() as file:
            write(cast(BinaryIO, file))
            file.seek(0)
            blob = self.context.blobs.put(self.context.portal.id, cast(BinaryIO, file))
        return {"kind": kind, "file_name": name, "blob": blob.key, "size": blob.size, "sha256": blob.sha256}

    def _place(self, document: Document) -> dict[str, Any]:
        return {
            "box_id": self.box.box_id,
            "message_id": document.message_id or "",
            "entity_id": document.entity_id or "",
        }


def _reply_titles(message: Message, document: Document) -> list[Entity]:
    """The recipient's half of a formal document; every type has a kind of its own for it."""
    return [
        one
        for one in message.entities
        if one.entity_type == EntityType.ATTACHMENT
        and one.parent_entity_id == document.entity_id
        and one.attachment_type.endswith("Title")
    ]


def _write(content: bytes, to: BinaryIO) -> int:
    return to.write(content)


def _nothing(reason: Text) -> Result:
    return {"files": [], "missing": {"ru": reason.ru, "en": reason.en}}
