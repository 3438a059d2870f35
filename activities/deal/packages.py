"""The packages of a CRM item as a grid shows them: where each stands, who must act, and what may be done with it.

Only our own registry is asked, so the grid may be asked for every few seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.context import Context
from activities.crm_ids import CrmItem
from activities.deal.documents import NAME, name_of
from activities.diadoc_delete_unsent import STILL_OURS
from activities.states import DocflowState, Outcome
from activities.status import link_to, status_outputs
from activities.values import Text
from registry.tables import Document, KeptFile, Package

SHOWN_LIMIT = 20
SENDING = Text("Отправляется", "Being sent")
GATHERED = Text("Собирается", "Being gathered")
SHOWN_FILES = {
    "print_form": Text("Подписанный PDF", "Signed PDF"),
    "archive": Text("Архив с подписями", "Archive with signatures"),
    "protocol": Text("Протокол передачи", "Exchange protocol"),
    "original": Text("Исходный файл", "Original"),
}
ACTORS = {
    "": Text("—", "—"),
    "our_signer": Text("Наш подписант", "Our signer"),
    "counteragent": Text("Контрагент", "The counteragent"),
    "approver": Text("Согласующий", "The approver"),
    "operator": Text("Ответственный", "The responsible"),
    "administrator": Text("Администратор", "The administrator"),
}
S = DocflowState
# What the counteragent has may only be revoked; a failed or refused one never came into force.
_REVOCABLE = (S.SENT, S.DELIVERED, S.SIGNED_BY_COUNTERAGENT, S.SIGNED_WITH_DISCREPANCIES)
_AGAIN = (Outcome.REFUSED, Outcome.FAILED, Outcome.REVOKED, Outcome.DELETED)
_FILED = (S.SIGNED_BY_COUNTERAGENT, S.SIGNED_WITH_DISCREPANCIES, S.DELIVERED, S.REVOKED, S.REFUSED)
_MOODS = {
    Outcome.SUCCESS: "good",
    Outcome.DISCREPANCIES: "warn",
    Outcome.REFUSED: "bad",
    Outcome.FAILED: "bad",
    Outcome.REVOKED: "calm",
    Outcome.DELETED: "calm",
}


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """A file out of Diadoc that we keep. title: what it is to its paper."""

    id: int
    title: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PaperRow:
    """A paper of a package. link: where Diadoc shows it, "" before it is there."""

    id: int
    title: str
    file_name: str
    state: DocflowState
    link: str
    files: tuple[FileRow, ...]


@dataclass(frozen=True, kw_only=True)
class PackageRow:
    """A package. mood: good, busy, warn, bad or calm; actions: continue, send, delete, revoke, accept, refuse,
    download, again; since: since when somebody has to act; trouble: what went wrong, for people."""

    id: int
    papers: tuple[PaperRow, ...]
    recipient: str
    state: str
    state_text: str
    mood: str
    who_must_act: str
    since: datetime | None
    sent_at: datetime | None
    changed_at: datetime
    trouble: str
    link: str
    actions: tuple[str, ...]
    is_over: bool


def packages_of(context: Context, item: CrmItem) -> list[PackageRow]:
    """The newest packages first; what was thrown away before anybody saw it is not shown."""
    packages = context.registry.packages
    known = [one for one in packages.of_item(item.short, limit=2 * SHOWN_LIMIT) if _is_shown(one)][:SHOWN_LIMIT]
    papers = packages.documents_of([one.id for one in known])
    files = packages.kept_files_of([paper.id for of_one in papers.values() for paper in of_one])
    rows = []
    newer: set[str] = set()  # papers that a newer package has: they are not sent once more from an older one
    for package in known:
        own = papers[package.id]
        if own or package.state != "open":
            rows.append(_row(context, package, own, files, is_last=newer.isdisjoint(one.sameness for one in own)))
        newer |= {one.sameness for one in own}
    return rows


def _is_shown(package: Package) -> bool:
    return package.state != "deleted" or package.posted_at is not None


def _row(
    context: Context, package: Package, papers: Sequence[Document], files: Sequence[KeptFile], *, is_last: bool
) -> PackageRow:
    status = status_outputs(context, package, papers)
    before = {"open": GATHERED, "sending": SENDING}.get(package.state)
    outcome = Outcome(status["outcome"])
    is_due = package.state == "sent" and bool(status["who_must_act"])
    return PackageRow(
        id=package.id,
        papers=tuple(_paper(context, package, one, files) for one in papers),
        recipient=_recipient(package),
        state=package.state if before else status["docflow_state"],
        state_text=before.of(context.language) if before else status["state_text"],
        mood="busy" if before else _MOODS.get(outcome, "busy"),
        who_must_act=ACTORS[status["who_must_act"] if is_due else ""].of(context.language),
        since=status["waiting_since"] if is_due else None,
        sent_at=package.posted_at,
        changed_at=package.changed_at,
        trouble=package.last_error if before else status["refusal_reason"],
        link=status["link"],
        actions=tuple(_actions(package, papers, S(status["docflow_state"]), outcome if is_last else None)),
        is_over=package.state != "sending" and (package.state == "open" or bool(status["is_final"])),
    )


def _paper(context: Context, package: Package, paper: Document, files: Sequence[KeptFile]) -> PaperRow:
    return PaperRow(
        id=paper.id,
        title=name_of(paper).of(context.language),
        file_name=paper.file_name,
        state=S(paper.docflow_state),
        link=link_to(context, package, paper),
        files=tuple(_file(context, one) for one in files if one.document_id == paper.id and one.kind in SHOWN_FILES),
    )


def _file(context: Context, file: KeptFile) -> FileRow:
    return FileRow(id=file.id, title=SHOWN_FILES[file.kind].of(context.language), name=file.file_name)


def _recipient(package: Package) -> str:
    known = package.counteragent
    codes = f"{known.get('inn', '')}/{known.get('kpp', '')}".strip("/")
    return ", ".join(filter(None, (known.get("name", ""), codes)))


def _actions(
    package: Package, papers: Sequence[Document], state: DocflowState, outcome: Outcome | None
) -> Iterator[str]:
    """What a person may do now; the activities check once more. outcome: None where newer papers took its place."""
    if package.state == "open":
        yield from ("continue", "delete") if package.name == NAME else ("delete",)
    if package.state == "sending":
        yield from ("send", "delete")
    if package.state != "sent":
        return
    states = {S(one.docflow_state) for one in papers}
    if states <= set(STILL_OURS):
        yield "delete"
    if states & set(_FILED):
        yield "download"
    if state == S.REVOCATION_REQUESTED_BY_COUNTERAGENT:
        yield from ("accept", "refuse")
    elif states & set(_REVOCABLE) and state != S.REVOCATION_REQUESTED_BY_US:
        yield "revoke"
    if outcome in _AGAIN:
        yield "again"
