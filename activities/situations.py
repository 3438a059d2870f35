"""Where a package stands and who must act: what people are told, in the timeline, by notices, to-dos and reminders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from activities.context import Context
from activities.crm_ids import CrmItem, from_short
from activities.file_names import title_of
from activities.states import DocflowState, Outcome
from activities.status import status_outputs
from activities.values import Text
from registry.tables import Document, Package

WHO = {
    "our_signer": Text("наш подписант", "our signer"),
    "counteragent": Text("контрагент", "the counteragent"),
    "approver": Text("согласующий", "the approver"),
    "operator": Text("ответственный", "the person responsible"),
    "administrator": Text("администратор", "the administrator"),
}
OURS = ("our_signer", "approver", "operator", "administrator")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One package at one moment, in the words of the language it was asked in.

    since: when it came to stand there, aware; who_must_act: a key of WHO or ""; link: into Diadoc, "" before it is
    there. is_settled: the package's own row says the same as its documents; else it is about to be summed up again.
    """

    package: Package
    documents: list[Document]
    state: DocflowState
    outcome: Outcome
    is_final: bool
    is_settled: bool
    who_must_act: str
    since: datetime
    refusal_reason: str
    link: str
    language: str

    @property
    def name(self) -> str:
        """The same for as long as the package stands there: what happens once, happens once a name."""
        return f"{self.state}:{self.since.isoformat()}"

    @property
    def subject(self) -> str:
        """What happens once is remembered under it."""
        return f"package:{self.package.id}"

    @property
    def item(self) -> CrmItem:
        return from_short(self.package.crm_item)

    @property
    def waits_for_us(self) -> bool:
        """Somebody of ours holds up a package that is on its way."""
        return self.package.state == "sent" and not self.is_final and self.who_must_act in OURS

    @property
    def who(self) -> str:
        """Who must act, in words; "" when nobody in particular."""
        return WHO[self.who_must_act].of(self.language) if self.who_must_act else ""

    @property
    def title(self) -> str:
        """Пакет ЭДО № 7 «Закрывающие»: подписан обеими сторонами."""
        state = self.state.text.of(self.language)
        return f"{package_title(self.package, self.language)}: {state[:1].lower()}{state[1:]}"

    def title_of(self, document: Document) -> str:
        return title_of(document, self.language)


def situation_of(context: Context, package_id: int) -> Situation | None:
    """None when there is no such package."""
    package = context.registry.packages.get(package_id)
    if package is None:
        return None
    documents = context.registry.packages.documents(package_id)
    status: dict[str, Any] = status_outputs(context, package, documents)
    return Situation(
        package=package,
        documents=documents,
        state=DocflowState(status["docflow_state"]),
        outcome=Outcome(status["outcome"]),
        is_final=status["is_final"],
        is_settled=status["docflow_state"] == package.docflow_state,
        who_must_act=status["who_must_act"],
        since=package.waiting_since or package.posted_at or package.changed_at,
        refusal_reason=status["refusal_reason"],
        link=status["link"],
        language=context.language,
    )


def package_title(package: Package, language: str) -> str:
    """Пакет ЭДО № 7 «Закрывающие»."""
    title = Text(f"Пакет ЭДО № {package.id}", f"EDI package No. {package.id}").of(language)
    quoted = Text(f" «{package.name}»", f' "{package.name}"').of(language)
    return title + (quoted if package.name else "")


def counteragent_of(package: Package, language: str) -> str:
    """Name, INN and KPP; "" before the package has a recipient."""
    known = package.counteragent
    codes = [("ИНН", "INN", known.get("inn")), ("КПП", "KPP", known.get("kpp"))]
    told = [f"{Text(ru, en).of(language)} {value}" for ru, en, value in codes if value]
    return ", ".join(filter(None, [known.get("name", ""), *told]))


def on_day(moment: datetime, time_zone: str) -> str:
    """The day as people of the portal see it: 20.11.2026."""
    return moment.astimezone(ZoneInfo(time_zone)).strftime("%d.%m.%Y")
