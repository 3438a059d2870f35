"""The sample business process: process.json in the language of whoever looks at it."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox import papers
from sandbox.portal.driver import FILES, PortalSandbox

FILE = Path(__file__).with_name("process.json")
CONTRACT_NUMBER = "5/2026"


@dataclass(frozen=True)
class Process:
    """A template as the portal keeps it; variables: what the steps take number, date and sums from."""

    name: str
    steps: list[dict[str, Any]]
    variables: dict[str, str]

    def save(self, portal: PortalSandbox) -> int:
        """Draw it in the portal; the template's number."""
        return portal.save_template(self.name, self.steps, variables=self.variables)


def read_process(language: str) -> Process:
    """language: "ru" or "en", of what people read; the codes are the same."""
    return Process(**_in_language(json.loads(FILE.read_text(encoding="utf-8")), language))


def papers_of(variables: dict[str, str]) -> dict[str, bytes]:
    """The two papers that the process sends, by file name, in the order in which it takes them."""
    facts = {
        "date": variables["date"],
        "total": Decimal(variables["total"]),
        "vat": Decimal(variables["vat"]),
        "grounds": f"Договор № {CONTRACT_NUMBER}",
        "seller": papers.Party("ООО «Ромашка»", "9660001014", "966001001"),
        "buyer": papers.Party("ООО «Лютик»", "9660003036", "966001001"),
    }
    invoice = papers.Paper(number=variables["invoice_number"], **facts)  # type: ignore[arg-type]
    act = papers.Paper(number=variables["act_number"], **facts)  # type: ignore[arg-type]
    return {
        f"Счёт № {invoice.number} от {invoice.date}.pdf": papers.invoice(invoice),
        f"Акт № {act.number} от {act.date}.pdf": papers.act(act),
    }


def prepare_deal(portal: PortalSandbox, deal_id: int, attached: dict[str, bytes]) -> None:
    """What a manager does before the process is started: the contract's number and the papers go into the deal."""
    portal.change_item({"UF_CRM_CONTRACT_NUMBER": CONTRACT_NUMBER}, item_id=deal_id)
    for name, content in attached.items():
        portal.put_file(FILES, name, content, item_id=deal_id)


def _in_language(value: Any, language: str) -> Any:
    """Replace every {"en": …, "ru": …} by the text in that language."""
    if isinstance(value, list):
        return [_in_language(part, language) for part in value]
    if isinstance(value, dict):
        if value.keys() == {"en", "ru"}:
            return value[language]
        return {name: _in_language(part, language) for name, part in value.items()}
    return value
