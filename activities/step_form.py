"""The settings of one step as a form: the activity's inputs in a designer's order, with what may be put into them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import missing

from activities import catalog, step_layout
from activities.base import Activity
from activities.fields import Choice, Flag, Many, PortalField, TextBlock, User
from activities.registration import catalog_code
from activities.step_layout import Condition, Group
from activities.values import Text
from registry.tables import Box

EXPRESSIONS_LIMIT = 500  # a portal with more fields than that is searched by typing
FLAGS = {"Y": Text("Да", "Yes"), "N": Text("Нет", "No")}
_OWN = Text("Своя компания элемента или единственный ящик", "The item's own company, or the only box")
_CHOOSE = Text("— выберите —", "— choose —")
_DEFAULT = Text("— как обычно —", "— as usual —")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One input. kind: line, text, choice, choices, lines, user; values: what is stored, several of a Multiple one.

    options: (key, title) of a choice, and of a line what it may be filled with; defaults: what an empty choice
    means; needed_by: the document types that cannot do without it.
    """

    id: str
    title: str
    help: str
    kind: str
    values: tuple[str, ...]
    is_required: bool
    is_multiple: bool
    options: tuple[tuple[str, str], ...] = ()
    defaults: tuple[str, ...] = ()
    condition: Condition | None = None
    needed_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    title: str
    is_rare: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class StepForm:
    """expressions: (expression, title) of the document's fields, for any text."""

    code: str
    name: str
    description: str
    sections: tuple[Section, ...]
    expressions: tuple[tuple[str, str], ...]


def step_form(options: Mapping[str, Any], *, boxes: Sequence[Box], language: str) -> StepForm | None:
    """The form of the step that the portal opened; None for a code that has no page of ours.

    options: PLACEMENT_OPTIONS of the settings dialog, untrusted: portals differ in their shape. boxes: ours.
    """
    code = catalog_code(str(options.get("code", "")))
    activity = catalog().get(code)
    if activity is None or not step_layout.has_page(code):
        return None
    fields = _document_fields(options.get("document_fields"))
    making = _Making(activity, _current(options.get("current_values")), boxes, fields, language)
    sections = tuple(making.section(group) for group in step_layout.LAYOUTS[code])
    return StepForm(
        code=code,
        name=activity.name.of(language),
        description=activity.description.of(language),
        sections=sections,
        expressions=tuple((f"{{=Document:{one.name}}}", one.title) for one in fields[:EXPRESSIONS_LIMIT]),
    )


@dataclass(frozen=True)
class _DocumentField:
    name: str
    title: str
    type: str


class _Making:
    def __init__(
        self,
        activity: Activity,
        current: Mapping[str, tuple[str, ...]],
        boxes: Sequence[Box],
        fields: Sequence[_DocumentField],
        language: str,
    ) -> None:
        self._activity, self._current, self._language = activity, current, language
        self._boxes, self._fields = boxes, fields

    def section(self, group: Group) -> Section:
        rows = tuple(self._row(name) for name in group.inputs)
        # what somebody has filled in is never folded away
        is_rare = group.is_rare and not any(row.values for row in rows)
        return Section(title=group.title.of(self._language), is_rare=is_rare, rows=rows)

    def _row(self, name: str) -> Row:
        code, field = self._activity.code, cast(PortalField, self._activity.inputs.fields[name])
        stored = self._current.get(name.lower(), ())
        help_text = field.metadata.get("help")
        return Row(
            id=name,
            title=field.metadata["label"].of(self._language),
            help=help_text.of(self._language) if help_text else "",
            kind=self._kind(name, field),
            values=stored,
            is_required=bool(field.required),
            is_multiple=isinstance(field, Many),
            options=tuple(self._options(name, field, stored)),
            defaults=_defaults(field),
            condition=step_layout.condition_of(code, name),
            needed_by=step_layout.needed_by(code, name),
        )

    @staticmethod
    def _kind(name: str, field: PortalField) -> str:
        if isinstance(field, Many):
            return "choices" if field.options else "lines"
        if isinstance(field, (Choice, Flag)) or name in step_layout.BOXES:
            return "choice"
        if isinstance(field, User):
            return "user"
        return "text" if isinstance(field, TextBlock) else "line"

    def _options(self, name: str, field: PortalField, stored: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        known = dict(self._known(name, field))
        if known and self._kind(name, field) == "choice" and "" not in known and not _defaults(field):
            yield "", (_CHOOSE if field.required else _DEFAULT).of(self._language)
        yield from known.items()
        if known and name not in step_layout.FILE_FIELDS:  # an expression, or a key of another version, stays
            yield from ((value, value) for value in stored if value and value not in known)

    def _known(self, name: str, field: PortalField) -> Iterator[tuple[str, str]]:
        if name in step_layout.BOXES:
            yield "", _OWN.of(self._language)
            yield from ((_box_value(box, self._boxes), _box_title(box)) for box in self._boxes)
        elif name in step_layout.FILE_FIELDS:
            yield from ((one.name, one.title) for one in self._fields if one.type == "file")
        else:
            titles: Mapping[str, Text] = FLAGS if isinstance(field, Flag) else getattr(field, "options", {})
            yield from ((key, title.of(self._language)) for key, title in titles.items())


def _defaults(field: PortalField) -> tuple[str, ...]:
    default = field.load_default() if callable(field.load_default) else field.load_default
    if default is missing or default in (None, ""):
        return ()
    if isinstance(field, Many):
        return tuple(str(field.inner.write(one)) for one in default)
    return (str(field.write(default)),)


def _box_value(box: Box, boxes: Sequence[Box]) -> str:
    """INN/KPP, which a person can read in the template; the box's id where two have the same."""
    shown = f"{box.inn}/{box.kpp}".rstrip("/")
    same = [one for one in boxes if f"{one.inn}/{one.kpp}".rstrip("/") == shown or (not box.kpp and one.inn == box.inn)]
    return shown if len(same) == 1 else box.box_id


def _box_title(box: Box) -> str:
    return f"{box.name}, {box.inn}/{box.kpp}".rstrip("/")


def _current(given: Any) -> dict[str, tuple[str, ...]]:
    """The stored values by lower-case id: portals do not agree on the case, nor on lists."""
    if not isinstance(given, Mapping):
        return {}
    return {str(name).lower(): tuple(_texts(value)) for name, value in given.items()}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value not in (None, "", False):
        yield str(value)


def _document_fields(given: Any) -> list[_DocumentField]:
    if not isinstance(given, Mapping):
        return []
    described = [(str(name), value) for name, value in given.items() if isinstance(value, Mapping)]
    return [
        _DocumentField(name, str(_of(value, "Name") or name), str(_of(value, "Type") or "").lower())
        for name, value in described
    ]


def _of(described: Mapping[str, Any], key: str) -> Any:
    """New portals write Name, older ones NAME."""
    return described.get(key, described.get(key.upper(), ""))
