"""How the settings of a step are laid out for a designer: what belongs together, and what matters only sometimes."""

from dataclasses import dataclass

from activities.document_types import DOCUMENT_TYPES, LABELS, keys_for_input
from activities.values import Text


@dataclass(frozen=True, kw_only=True)
class Group:
    """Inputs under one heading. is_rare: folded away, most steps leave them empty."""

    title: Text
    inputs: tuple[str, ...]
    is_rare: bool = False


@dataclass(frozen=True)
class Condition:
    """The input matters when the other one has one of these values."""

    input: str
    values: tuple[str, ...]


_PAPER = tuple(LABELS)
_FORMAL = tuple(code for code, known in DOCUMENT_TYPES.items() if known.is_formal)
_PACKAGE = Group(
    title=Text("Какой пакет", "Which package"), inputs=("package_name", "use_package", "crm_item"), is_rare=True
)
_RECIPIENT = Group(
    title=Text("Кому", "To whom"),
    inputs=("for_inn", "for_kpp", "to_box", "requisite_id", "company_id", "contact_id"),
    is_rare=True,
)
_OURS = Group(title=Text("От кого", "From whom"), inputs=("for_box",))

LAYOUTS: dict[str, tuple[Group, ...]] = {
    "diadoc_add_document": (
        Group(
            title=Text("Файл", "File"),
            inputs=(
                *("source", "file_field", "file_number", "generated_document_id", "generated_format"),
                *("drive_file_id", "registry_item_id", "rx_document_id", "rx_version"),
            ),
        ),
        Group(
            title=Text("Документ", "Document"),
            inputs=("document_type", *_PAPER[:4], "vat_mode", *_PAPER[4:], "need_reply_signature"),
        ),
        Group(
            title=Text("Дополнительно", "More"),
            inputs=("document_function", "document_version", "metadata", "comment", "allow_duplicate"),
            is_rare=True,
        ),
        _PACKAGE,
    ),
    "diadoc_check_package": (_OURS, Group(title=Text("Проверка", "Check"), inputs=("lock",)), _RECIPIENT, _PACKAGE),
    "diadoc_send_package": (
        _OURS,
        Group(title=Text("Отправка", "Sending"), inputs=("mode", "signer", "message", "lock")),
        Group(title=Text("Ожидание", "Waiting"), inputs=("wait_for", "deadline_days")),
        _RECIPIENT,
        Group(title=Text("Дополнительно", "More"), inputs=("to_department_id", "send_again"), is_rare=True),
        _PACKAGE,
    ),
    "diadoc_download_signed": (
        Group(title=Text("Что скачать", "What to download"), inputs=("contents", "only_final")),
        Group(
            title=Text("Куда сохранить", "Where to save"),
            inputs=("save_to", "target_field", "field_mode", "drive_folder_id"),
        ),
        Group(title=_PACKAGE.title, inputs=(*_PACKAGE.inputs, "use_document"), is_rare=True),
    ),
}
FILE_FIELDS = ("file_field", "target_field")  # inputs that name a file field of the CRM
BOXES = ("for_box",)

_CONDITIONS: dict[str, dict[str, Condition]] = {
    "diadoc_add_document": {
        "file_field": Condition("source", ("field",)),
        "file_number": Condition("source", ("field",)),
        "generated_document_id": Condition("source", ("generated",)),
        "generated_format": Condition("source", ("generated",)),
        "drive_file_id": Condition("source", ("drive",)),
        "registry_item_id": Condition("source", ("registry",)),
        "rx_document_id": Condition("source", ("directum",)),
        "rx_version": Condition("source", ("directum",)),
        "document_function": Condition("document_type", _FORMAL),
        "document_version": Condition("document_type", _FORMAL),
        **{name: Condition("document_type", keys_for_input(name).takes) for name in _PAPER},
        "vat_mode": Condition("document_type", keys_for_input("vat").takes),
    },
    "diadoc_send_package": {"deadline_days": Condition("wait_for", ("sent", "delivered", "outcome"))},
    "diadoc_download_signed": {
        "target_field": Condition("save_to", ("field",)),
        "field_mode": Condition("save_to", ("field",)),
        "drive_folder_id": Condition("save_to", ("drive",)),
    },
}


def has_page(code: str) -> bool:
    """Whether the settings of this activity have a page of ours; the others are drawn by the portal."""
    return code in LAYOUTS


def condition_of(code: str, name: str) -> Condition | None:
    """When the input matters; None = always."""
    return _CONDITIONS.get(code, {}).get(name)


def needed_by(code: str, name: str) -> tuple[str, ...]:
    """The document types that cannot do without this requisite."""
    return keys_for_input(name).needs if code == "diadoc_add_document" and name in _PAPER else ()
