"""What a preparation has found or made of one registry."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from activities.registries.fields import Field
from activities.values import Text

MARK = "b24-edo"  # by this people and we know what is ours


@dataclass(kw_only=True)
class Made:
    """is_new: made just now; is_elsewhere: not the one that we remembered; fields: see CrmRegistry.fields."""

    title: str
    entity_type_id: int = 0
    type_id: int = 0
    iblock_type: str = ""
    iblock_id: int = 0
    is_new: bool = False
    is_elsewhere: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    fields_made: list[Field] = field(default_factory=list)
    troubles: list[Text] = field(default_factory=list)


def another_type(one: Field, *, there: str, wanted: str) -> Text:
    """A person has changed what a field holds: it is left alone until somebody mends it."""
    return Text(
        f"Поле «{one.label.ru}»: тип на портале {there}, нужен {wanted}. Мы его не заполняем: удалите поле и "
        "подготовьте реестр снова.",
        f'Field "{one.label.en}": its type on the portal is {there}, {wanted} is needed. We do not fill it: delete the '
        "field and prepare the registry again.",
    )


def refused(one: Field, reason: str) -> Text:
    """The portal did not make a field."""
    return Text(
        f"Поле «{one.label.ru}» не создано: {reason}. Подготовьте реестр снова.",
        f'Field "{one.label.en}" was not made: {reason}. Prepare the registry again.',
    )


def by_sort(fields: Iterable[Field]) -> list[tuple[int, Field]]:
    """Fields with their place in the card."""
    return [(100 * number, one) for number, one in enumerate(fields, start=1)]
