"""A paper out of the document registry: the file of an item, and the requisites that nobody named otherwise."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from marshmallow import Schema, ValidationError

from activities import sources
from activities.context import Context
from activities.registries.items import ITEM, RegistryItem, as_written, find_item
from activities.sources import TakenFile
from activities.values import Text, is_empty
from errors import FileNotFound, InputInvalid
from registry.crm_registries import CrmRegistries


@dataclass(frozen=True, kw_only=True)
class TakenItem:
    """item_id: in the registry; requisites: its texts, see RegistryItem; written: what counts as written there."""

    item_id: int
    title: str
    requisites: Mapping[str, str]
    written: dict[str, Any] = field(default_factory=dict)


def take(context: Context, registry_item_id: str) -> tuple[TakenFile, TakenItem]:
    """The file and the requisites of an item, the same ones however often the call is run.

    Raises NotConfigured (naming the page where registries are prepared), InputInvalid, FileNotFound, FileEmpty,
    FileTooLarge.
    """
    taken = context.step("take_registry_item", lambda: _taken(context, registry_item_id))
    return TakenFile(**taken["file"]), TakenItem(**taken["item"])


def filled(schema: Schema, inputs: Mapping[str, Any], item: TakenItem) -> dict[str, Any]:
    """Inputs with what the item says where they are empty. Raises InputInvalid naming what the item holds wrong."""
    taken = {}
    for name, text in item.requisites.items():
        if is_empty(inputs.get(name)):
            taken[name] = _read(schema, name, text, item)
    return {**inputs, **taken}


def shown_by(context: Context, item: TakenItem) -> tuple[int, dict[str, Any]] | None:
    """The item that is to show the new paper; None where it shows another living one."""
    registries = CrmRegistries(context.registry.database, context.portal.id)
    return (item.item_id, item.written) if registries.take_over(item.item_id) else None


def _taken(context: Context, registry_item_id: str) -> dict[str, Any]:
    item = find_item(context, registry_item_id)
    file = _file(context, item)
    taken = TakenItem(
        item_id=item.id,
        title=item.title,
        requisites=dict(item.requisites),
        written=as_written(item, file.sha256),
    )
    return {"file": asdict(file), "item": asdict(taken)}


def _file(context: Context, item: RegistryItem) -> TakenFile:
    if not item.files:
        said = Text(f"в элементе {item.id} реестра документов нет файла", f"item {item.id} of the registry has no file")
        raise FileNotFound(source=said)
    origin = f"registry:{item.id}"
    ours = context.registry.packages.document(item.document_id) if item.document_id else None
    if item.files[0].url_machine:
        return replace(sources.download(context, item.files[0].url_machine, item.title), origin=origin)
    if ours is not None:
        return TakenFile(ours.file_name, ours.blob, ours.file_size, ours.sha256, origin)
    hint = Text(
        "Универсальный список не отдаёт файлы приложениям: возьмите файл из поля CRM или с Диска.",
        "A universal list gives no files to applications: take the file from a CRM field or the Drive.",
    )
    raise InputInvalid(field=ITEM, value=item.id, hint=hint)


def _read(schema: Schema, name: str, text: str, item: TakenItem) -> Any:
    declared = schema.fields[name]
    try:
        return declared.deserialize(text)
    except ValidationError as error:
        said = error.messages[0] if isinstance(error.messages, list) else Text("", "")
        hint = Text(f"{said.ru} Это значение элемента реестра «{item.title}».", f"{said.en} The registry item has it.")
        raise InputInvalid(field=declared.metadata["label"], value=text, hint=hint) from error
