"""What the registries in the CRM hold: the fields of a document's and of a package's item, whatever keeps them.

Every value travels as a text in one form of its type, so that what was written and what is read back compare:
integer 5, money 1220.00|RUB, date 2026-11-20, datetime 2026-11-20T10:00:00+00:00, boolean Y or N, "" = empty.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from activities import values
from activities.values import Text
from registry.crm_registries import DOCUMENTS, PACKAGES

TITLES = {
    DOCUMENTS: Text("Реестр документов ЭДО", "EDI document registry"),
    PACKAGES: Text("Пакеты ЭДО", "EDI packages"),
}
FILE, FILES = "file", "files"
RUBLES = "RUB"  # what Diadoc takes a sum for that names no currency


@dataclass(frozen=True, kw_only=True)
class Field:
    """name: ours; type: string, integer, money, date, datetime, boolean, url, item (a short code such as D_17), file or
    files; is_listed: a column of the list from the beginning."""

    name: str
    label: Text
    type: str
    is_listed: bool = True

    @property
    def is_file(self) -> bool:
        return self.type in (FILE, FILES)


def _field(name: str, ru: str, en: str, type: str = "string", *, listed: bool = True) -> Field:
    return Field(name=name, label=Text(ru, en), type=type, is_listed=listed)


_DOCUMENT = (
    _field("type", "Вид документа", "Document type"),
    _field("type_code", "Вид документа (код)", "Document type (code)", listed=False),
    _field("number", "Номер документа", "Document number"),
    _field("date", "Дата документа", "Document date", "date"),
    _field("total", "Сумма", "Total", "money"),
    _field("vat", "Сумма НДС", "VAT amount", "money"),
    _field("currency", "Валюта", "Currency", listed=False),
    _field("grounds", "Основание", "Grounds", listed=False),
    _field("contract_number", "Номер договора", "Contract number"),
    _field("contract_date", "Дата договора", "Contract date", "date", listed=False),
    _field("contract_type", "Вид договора", "Contract type", listed=False),
    _field("effective_date", "Дата вступления в силу", "Effective date", "date", listed=False),
    _field("valid_till", "Действует до", "Valid till", "date", listed=False),
    _field("is_final_version", "Финальная версия", "Final version", "boolean", listed=False),
    _field("file", "Файл", "File", FILE),
    _field("signed_files", "Подписанные файлы", "Signed files", FILES),
    _field("direction", "Направление", "Direction", listed=False),
    _field("sent_at", "Дата отправки", "Sent at", "datetime"),
    _field("updated_at", "Дата обновления", "Updated at", "datetime", listed=False),
    _field("sending_status", "Статус отправки", "Sending status"),
    _field("docflow_state", "Состояние документооборота", "Docflow state"),
    _field("state_code", "Состояние документооборота (код)", "Docflow state (code)", listed=False),
    _field("problem", "Замечание", "Remark"),
    _field("message_id", "Сообщение в Диадоке", "Message in Diadoc", listed=False),
    _field("entity_id", "Документ в Диадоке", "Entity in Diadoc", listed=False),
    _field("package_id", "Номер пакета ЭДО", "EDI package number", "integer", listed=False),
    _field("document_id", "Номер документа в ЭДО", "EDI document number", "integer", listed=False),
    _field("link", "Ссылка на Диадок", "Link to Diadoc", "url"),
    _field("crm_item", "Элемент CRM", "CRM item", "item", listed=False),
)
_PACKAGE = (
    _field("package_id", "Номер пакета ЭДО", "EDI package number", "integer"),
    _field("recipient", "Получатель", "Recipient"),
    _field("inn", "ИНН", "INN"),
    _field("kpp", "КПП", "KPP", listed=False),
    _field("documents", "Документы", "Documents"),
    _field("documents_count", "Количество документов", "Number of documents", "integer", listed=False),
    _field("sent_at", "Дата отправки", "Sent at", "datetime"),
    _field("comment", "Комментарий", "Comment", listed=False),
    _field("error", "Текст ошибки", "Error text"),
    _field("link", "Ссылка на Диадок", "Link to Diadoc", "url"),
    _field("crm_item", "Элемент CRM", "CRM item", "item", listed=False),
    _field("docflow_state", "Состояние документооборота", "Docflow state"),
    _field("state_code", "Состояние документооборота (код)", "Docflow state (code)", listed=False),
    _field("status", "Статус", "Status"),
    _field("status_code", "Статус (код)", "Status (code)", listed=False),
)
FIELDS: dict[str, tuple[Field, ...]] = {DOCUMENTS: _DOCUMENT, PACKAGES: _PACKAGE}
# What people may correct in a document's item before it is sent, as the inputs of diadoc_add_document call it.
REQUISITES = (
    "number",
    "date",
    "total",
    "vat",
    "currency",
    "grounds",
    "contract_number",
    "contract_date",
    "contract_type",
    "effective_date",
)
# Of the first we know nothing; by the second people may bind an item otherwise than we did when we made it.
PEOPLES_OWN = ("valid_till", "company")
# What others branch on, hence written after everything else of a new package.
STATUS = ("docflow_state", "state_code", "status", "status_code")
SPOKEN = {one.name: one.label for fields in FIELDS.values() for one in fields}


def field_of(kind: str, name: str) -> Field:
    return next(one for one in FIELDS[kind] if one.name == name)


def written(value: Any) -> str:
    """A value of ours as a text of its type."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def money(value: Decimal | None, currency: str) -> str:
    return "" if value is None else f"{value:.2f}|{currency or RUBLES}"


def read(type: str, raw: Any) -> str:
    """The same form out of what a portal prints. What is unreadable stays as it is: a person wrote it."""
    text = _plain(raw)
    try:
        return _READERS[type](text) if text and type in _READERS else text
    except ValueError:
        return text


def digest(text: str) -> str:
    """What tells whether a text is still the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(raw: Any) -> str:
    if isinstance(raw, (list, tuple)):
        raw = raw[0] if raw else ""
    return "" if raw is None or isinstance(raw, dict) else values.as_text(raw)


def _money(text: str) -> str:
    amount = values.read_amount(text)
    return money(amount.value, amount.currency)


def _integer(text: str) -> str:
    return str(values.read_whole(text))


_READERS = {
    "integer": _integer,
    "money": _money,
    "date": lambda text: values.read_day(text).isoformat(),
    "datetime": lambda text: written(values.read_moment(text)),
    "boolean": lambda text: "Y" if values.read_flag(text) else "N",
}
