"""The tab of a deal under the hands of a test, in the words that a person reads there."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Frame, Locator, Page, expect

from registry.packages import Packages
from registry.tables import Package
from tests.browser.helpers import frame_of, open_deal
from tests.scenarios.installations import Installation
from tests.scenarios.product import wait_until

SECONDS = 40_000  # milliseconds, for what the worker and Diadoc do

WORDS = {
    "ru": {
        "tab": "ЭДО",
        "toolbar": "Сформировать пакет Диадок",
        "check": "Проверить",
        "send": "Отправить",
        "type": "Вид документа",
        "number": "Номер документа",
        "date": "Дата документа",
        "total": "Сумма",
        "vat": "Сумма НДС",
        "vat_missing": "не заполнены реквизиты: Сумма НДС",
        "sent": "передан в Диадок",
        "no_faults": "Ошибок нет",
        "waiting": "Ожидает нашей подписи",
        "delivered": "Доставлен контрагенту",
        "signed": "Подписан обеими сторонами",
        "revoked": "Аннулирован",
        "get_files": "Получить файлы",
        "received": "Файлы получены",
        "pdf": "Подписанный PDF",
        "revoke": "Аннулировать",
        "go_on": "Продолжить",
        "our_signer": "Наш подписант",
    },
    "en": {
        "tab": "EDI",
        "toolbar": "Make a Diadoc package",
        "check": "Check",
        "send": "Send",
        "type": "Document type",
        "number": "Document number",
        "date": "Document date",
        "total": "Total",
        "vat": "VAT amount",
        "vat_missing": "lacks requisites: VAT amount",
        "sent": "is in Diadoc",
        "no_faults": "No faults",
        "waiting": "Waiting for our signature",
        "delivered": "Delivered to the counteragent",
        "signed": "Signed by both sides",
        "revoked": "Revoked",
        "get_files": "Get the files",
        "received": "Files received",
        "pdf": "Signed PDF",
        "revoke": "Revoke",
        "go_on": "Go on",
        "our_signer": "Our signer",
    },
}


class DealTab:
    """One opened tab (or the page that the button opens in a slider)."""

    def __init__(self, page: Page, frame: Frame, language: str = "ru") -> None:
        self.page, self.frame, self.words = page, frame, WORDS[language]

    @classmethod
    def of(cls, page: Page, deal: int, language: str = "ru") -> "DealTab":
        open_deal(page, deal, WORDS[language]["tab"])
        tab = cls(page, frame_of(page), language)
        expect(tab.frame.locator("#packages table, #packages .empty")).to_be_visible()
        return tab

    def ready(self) -> "DealTab":
        """Once documents and recipient have been read."""
        expect(self.frame.locator("#recipient-fields")).to_be_visible()
        expect(self.frame.locator("[data-tick]").first).to_be_visible()
        return self

    def tick(self, place: int, **values: str) -> Locator:
        """Choose the n-th document (from 0) of the grid and fill in its requisites; its part of the form."""
        box = self.frame.locator("[data-tick]").nth(place)
        box.check()
        paper = self.frame.locator(f"#paper-{box.get_attribute('data-tick')}")
        if "type" in values:
            paper.get_by_label(self.words["type"], exact=False).select_option(values["type"])
        for name in [one for one in values if one != "type"]:
            self.field(paper, name).fill(values[name])
        return paper

    def field(self, paper: Locator, name: str) -> Locator:
        return paper.locator(f"[id$='-{name}']")

    def press(self, word: str) -> None:
        self.frame.get_by_role("button", name=self.words[word], exact=True).click()

    def is_within_its_width(self) -> bool:
        """Nothing sticks out to the side."""
        root = "document.documentElement"
        return bool(self.frame.evaluate(f"{root}.scrollWidth === {root}.clientWidth"))

    def told(self, word: str) -> None:
        expect(self.frame.locator("#progress p.done")).to_contain_text(self.words[word], timeout=SECONDS)

    def package(self, package_id: int) -> Locator:
        return self.frame.locator(f"tr[data-package='{package_id}']")

    def shows(self, package_id: int, word: str) -> None:
        """The grid says so by itself."""
        expect(self.package(package_id)).to_contain_text(self.words[word], timeout=SECONDS)


def packages_of(stage: Installation, deal: int) -> list[Package]:
    """The newest first."""
    return Packages(stage.database, stage.portal.id).of_item(f"D_{deal}", limit=10)


def the_package(stage: Installation, deal: int) -> Package:
    (package,) = packages_of(stage, deal)
    return package


def sent(stage: Installation, deal: int) -> Package:
    """The only package of the deal, once Diadoc has it."""
    found: Callable[[], Any] = lambda: next((one for one in packages_of(stage, deal) if one.message_id), None)  # noqa: E731
    package: Package = wait_until(found, what="the sending")
    return package


def wait_delivered(stage: Installation, message_id: str) -> None:
    def documents() -> list[dict[str, Any]]:
        return [one for one in stage.diadoc_sandbox.documents() if one["MessageId"] == message_id]

    wait_until(lambda: all(one["DeliveryTimestampTicks"] for one in documents()), what="the delivery")
