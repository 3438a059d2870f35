"""A package gathered, checked and sent step by step, each step a call, each asked for once the one before it ended.

A browser that is closed in the middle stops the plan where it is: what was added stays in the open package and is shown
when the page is opened again; a sending that was asked for is carried through by the worker. The same plan shown twice
asks for the same calls, for their nonces follow from the form's.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from activities.deal import workflows
from activities.fault_fields import fields_in
from activities.values import Text
from errors import AppError
from handlers.pages.asking import Asked, ask, document_id_of, outcome
from handlers.pages.deal_tab_plans import Fault, Plan
from handlers.pages.visiting import Visitor, reading
from handlers.refusals import NotThere
from handlers.services import Services
from registry.packages import Packages

_CHANGED = Text(
    "Пакет тем временем изменился в другом окне. Обновите страницу.",
    "The package was changed in another window meanwhile. Reload the page.",
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One step as a person sees it. state: done, going, failed."""

    title: str
    state: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """result: outputs of the last call when all went well; package_id: 0 until there is one."""

    steps: list[Shown]
    faults: list[Fault]
    is_over: bool
    end: str
    package_id: int = 0
    result: Mapping[str, Any] = field(default_factory=dict)
    workflow_id: str = ""


def advance(services: Services, visitor: Visitor, plan: Plan) -> Progress:
    """How far the plan is; what comes next is asked for. Raises NotThere for what is not this item's."""
    return _Walk(services, visitor, plan).progress()


class _Stopped(Exception):
    """The plan cannot go on yet, or not at all."""


class _Walk:
    def __init__(self, services: Services, visitor: Visitor, plan: Plan) -> None:
        self.services, self.visitor, self.plan = services, visitor, plan
        self.packages = Packages(services.database, visitor.portal.id)
        self.steps: list[Shown] = []
        self.faults = list(plan.faults)
        self.papers = dict(plan.kept)  # ours → paper on the form
        self.is_going = False
        self.package_id = 0
        self.result: Mapping[str, Any] = {}
        self.workflow_id = ""

    def progress(self) -> Progress:
        with suppress(_Stopped):
            self._walk()
        return Progress(
            steps=self.steps,
            faults=self.faults,
            is_over=not self.is_going,
            end=self.plan.end,
            package_id=self.package_id,
            result=self.result,
            workflow_id=self.workflow_id,
        )

    def _walk(self) -> None:
        self._add()
        self._stop_if_wrong()
        self.package_id = self._package()
        self._remove()
        self._check()
        if self.plan.end == "send":
            self._send()
        elif self.plan.end == "workflow":
            self._start_workflow()

    def _add(self) -> None:
        title = Text("Добавить", "Add")
        asked = [
            (one, self._outcome(one.call_id, f"{title.of(self.language)}: {one.title}")) for one in self.plan.added
        ]
        for added, call in asked:
            if call.is_over and _failed(call):
                self._tell(added.paper, call.error_text)
            elif call.is_over:
                self.papers[int(call.outputs["document_id"])] = added.paper
        self._stop_if_going()

    def _package(self) -> int:
        """The one package that everything is in: two, when it was sent from another window meanwhile."""
        found = {self._outputs(one.call_id).get("package_id") for one in self.plan.added}
        if self.plan.kept:
            found.add(self.plan.package_id)
        known = {int(one) for one in found if one}
        package = self.packages.get(known.pop()) if len(known) == 1 else None
        if package is None or self.visitor.item is None or package.crm_item != self.visitor.item.short:
            self.faults.append(Fault(paper=-1, fields=("documents",), text=_CHANGED.of(self.language)))
            raise _Stopped
        return package.id

    def _remove(self) -> None:
        replaced = [one.before for one in self.plan.added if one.before and one.before not in self.papers]
        for document_id in dict.fromkeys([*self.plan.removed, *replaced]):
            known = self.packages.document(document_id)
            is_done_before = known is None
            if known is not None and (known.package_id != self.package_id or document_id in self.papers):
                raise NotThere
            title = known.file_name if known else str(document_id)
            label = Text(f"Убрать: {title}", f"Remove: {title}").of(self.language)
            call_id = self._ask("diadoc_remove_document", {"use_document": str(document_id)}, f"r{document_id}")
            call = self._outcome(call_id, label)
            if call.is_over and _failed(call) and not is_done_before:
                self._tell(-1, call.error_text)
        self._stop_if_going()
        self._stop_if_wrong()

    def _check(self) -> None:
        properties = {**self.plan.whom, "use_package": str(self.package_id), "lock": self.plan.sending.get("lock", "")}
        call_id = self._ask("diadoc_check_package", properties, "check")
        call = self._outcome(call_id, Text("Проверить пакет", "Check the package").of(self.language))
        self._stop_if_going()
        if _failed(call):
            self._tell(-1, call.error_text)
        lines = str(call.outputs.get("faults") or "").splitlines()
        for line, document_id in zip(lines, call.outputs.get("fault_document_ids") or [], strict=False):
            self._tell(self.papers.get(int(document_id), -1), line)
        self._stop_if_wrong()
        self.result = call.outputs

    def _send(self) -> None:
        properties = {**self.plan.whom, **self.plan.sending, "use_package": str(self.package_id)}
        call_id = self._ask("diadoc_send_package", properties, f"send{self.package_id}")
        call = self._outcome(call_id, Text("Передать в Диадок", "Hand over to Diadoc").of(self.language))
        self._stop_if_going()
        if _failed(call):
            for line in call.error_text.splitlines() or [call.error_code]:
                self._tell(-1, line)
        self._stop_if_wrong()
        self.result = call.outputs

    def _start_workflow(self) -> None:
        item = self.visitor.item
        if item is None:
            raise NotThere
        context = reading(self.services, self.visitor)
        template_id = workflows.template_for(context, item)
        label = Text("Запустить бизнес-процесс", "Start the workflow").of(self.language)
        try:
            self.workflow_id = workflows.start(
                context,
                document_id_of(item),
                package_id=self.package_id,
                template_id=template_id,
                press=self.plan.nonce,
            )
        except AppError as error:
            self.is_going = error.temporary
            text = error.text(self.language)
            self.steps.append(Shown(title=label, state="going" if error.temporary else "failed", text=text))
            if not error.temporary:
                self.faults.append(Fault(paper=-1, fields=(), text=text))
            raise _Stopped from None
        self.steps.append(Shown(title=label, state="done"))

    @property
    def language(self) -> str:
        return self.visitor.language

    def _ask(self, code: str, properties: dict[str, Any], step: str) -> int:
        given = {name: value for name, value in properties.items() if value}
        return ask(self.services, self.visitor, code, given, f"{self.plan.nonce}-{step}")

    def _outputs(self, call_id: int) -> Mapping[str, Any]:
        return outcome(self.services, self.visitor, call_id).outputs

    def _outcome(self, call_id: int, title: str) -> Asked:
        call = outcome(self.services, self.visitor, call_id)
        state = "going" if not call.is_over else "failed" if _failed(call) else "done"
        text = ""
        if state == "going" and call.error_code:
            text = Text("Пока не получилось, повторяем сами", "Not yet, we are trying again").of(self.language)
        self.steps.append(Shown(title=title, state=state, text=text))
        self.is_going = self.is_going or not call.is_over
        return call

    def _tell(self, paper: int, text: str) -> None:
        fields = fields_in(text) or (("document",) if paper >= 0 else ())
        self.faults.append(Fault(paper=paper, fields=fields, text=text))

    def _stop_if_going(self) -> None:
        if self.is_going:
            raise _Stopped

    def _stop_if_wrong(self) -> None:
        if self.faults:
            raise _Stopped


def _failed(call: Asked) -> bool:
    return call.outputs.get("result") != "ok"
