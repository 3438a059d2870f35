"""The form of a package as a person sent it becomes a plan; its papers are asked for at once."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from activities.deal.documents import DealDocument, DealDocuments
from activities.deal.forms import NAMES, inputs_of, values_of
from activities.values import Text
from handlers.pages.asking import ask
from handlers.pages.deal_tab_plans import SENDING, WHOM, Added, Fault, Plan, end_in, nonce_in
from handlers.pages.visiting import Visitor
from handlers.services import Services
from registry.packages import DOCUMENTS_LIMIT

_TITLE_LENGTH = 200
_NOTHING = Text("Выберите хотя бы один документ.", "Choose at least one document.")
_TOO_MANY = Text(
    f"В одном пакете не больше {DOCUMENTS_LIMIT} документов: соберите второй.",
    f"A package holds at most {DOCUMENTS_LIMIT} documents: make a second one.",
)
_GONE = Text(
    "Этого документа уже нет или он отправлен. Обновите страницу.",
    "This document is gone or has been sent. Reload the page.",
)


def begin(services: Services, visitor: Visitor, documents: DealDocuments, form: MultiDict[str, str]) -> Plan:
    """Ask for the papers of the form to be put into the package. Raises Malformed, NotAllowed."""
    return _Beginning(services, visitor, documents, form).plan()


class _Beginning:
    def __init__(
        self, services: Services, visitor: Visitor, documents: DealDocuments, form: MultiDict[str, str]
    ) -> None:
        self.services, self.visitor, self.documents, self.form = services, visitor, documents, form
        self.nonce = nonce_in(form.get("nonce", ""))
        self.added: list[Added] = []
        self.kept: dict[int, int] = {}
        self.faults: list[Fault] = []

    def plan(self) -> Plan:
        numbers = [int(one) for one in self.form.getlist("paper") if one.isdecimal()]
        if not 0 < len(numbers) <= DOCUMENTS_LIMIT:
            self._tell(-1, ("documents",), _TOO_MANY if numbers else _NOTHING)
            numbers = []
        for number in numbers:
            self._paper(number, self.documents.by_key(self._value(number, "key")))
        gathered = [one for one in self.documents.documents if one.standing == "gathered"]
        shown, staying = set(self.form.getlist("shown")), {*self.kept, *(one.before for one in self.added)}
        ids = [one.document.id for one in gathered if one.document]
        return Plan(
            nonce=self.nonce,
            end=end_in(self.form.get("end", "")),
            added=self.added,
            kept=self.kept,
            removed=[one for one in ids if str(one) in shown and one not in staying],
            package_id=next((one.package.id for one in gathered if one.package), 0),
            whom=_given(self.form, *WHOM),
            sending=_given(self.form, *SENDING),
            faults=self.faults,
        )

    def _paper(self, number: int, row: DealDocument | None) -> None:
        if row is None or not row.may_be_chosen:
            self._tell(number, ("document",), _GONE)
            return
        values = {name: self._value(number, name) for name in NAMES}
        if not row.where or _is_unchanged(row, values):
            if row.document is not None:
                self.kept[row.document.id] = number
            return
        properties: dict[str, Any] = {**row.where, **inputs_of(values)}
        if self._value(number, "allow_duplicate"):
            properties["allow_duplicate"] = "Y"
        call_id = ask(self.services, self.visitor, "diadoc_add_document", properties, f"{self.nonce}-{number}")
        before = row.document.id if row.document is not None and row.standing == "gathered" else 0
        self.added.append(Added(call_id=call_id, paper=number, title=row.title[:_TITLE_LENGTH], before=before))

    def _value(self, number: int, name: str) -> str:
        return self.form.get(f"p{number}-{name}", "")

    def _tell(self, paper: int, fields: tuple[str, ...], text: Text) -> None:
        self.faults.append(Fault(paper=paper, fields=fields, text=text.of(self.visitor.language)))


def _is_unchanged(row: DealDocument, values: Mapping[str, str]) -> bool:
    if row.standing != "gathered" or row.document is None:
        return False
    return inputs_of(values) == inputs_of(values_of(row.document))


def _given(form: MultiDict[str, str], *names: str) -> dict[str, str]:
    return {name: form.get(name, "").strip() for name in names if form.get(name, "").strip()}
