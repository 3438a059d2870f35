"""Whatever happens in whatever order, the items end as our registry says, and there is one of each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities import papers, registries
from activities.context import Context
from activities.registries import contents
from activities.registries.fields import PEOPLES_OWN, REQUISITES
from activities.registries.opening import shelves
from activities.registries.shelves import Item
from errors import AppError
from registry.crm_registries import DOCUMENTS, PACKAGES
from tests.activities.registries.conftest import Shown

OURS = ("state_code", "sending_status", "package_id")
NUMBERS = st.sampled_from(["1", "2", "7/A"])
STEPS = st.lists(
    st.one_of(
        st.just(("prepare", "")),
        st.just(("show", "")),
        st.just(("take_in", "")),
        st.tuples(st.just("state"), st.sampled_from(["not_sent", "sent", "delivered"])),
        st.tuples(st.just("ours"), NUMBERS),
        st.tuples(st.just("theirs"), NUMBERS),
        st.tuples(st.just("unreadable"), st.just("много|RUB")),
        st.tuples(st.just("ours overwritten"), st.sampled_from(OURS)),
        st.just(("delete item", "")),
        st.just(("delete field", "")),
        st.just(("lose answer", "")),
        st.just(("freeze", "")),
    ),
    max_size=9,
)


class House:
    """One package with one paper, and what people and the portal do to its items."""

    def __init__(self, context: Context, shown: Shown, portal_sandbox: Any, added: dict[str, Any]) -> None:
        self.context, self.shown, self.sandbox = context, shown, portal_sandbox
        self.package_id, self.document_id = added["package_id"], added["document_id"]

    def do(self, step: str, value: str) -> None:
        getattr(self, "_" + step.replace(" ", "_"))(value)

    def settle(self) -> None:
        """People hear of everything in the end: the clock, the night, an administrator."""
        self._prepare("")
        for _ in range(2):
            registries.show(self.context, self.package_id)
            registries.take_in(self.context, self.package_id)
        registries.show(self.context, self.package_id)

    def item(self, kind: str = DOCUMENTS) -> Item | None:
        found = self.shown.items(kind)
        assert len(found) <= 1, "a second item"
        return found[0] if found else None

    def _prepare(self, value: str) -> None:
        registries.prepare(self.context)

    def _show(self, value: str) -> None:
        with tolerant():
            registries.show(self.context, self.package_id)

    def _take_in(self, value: str) -> None:
        registries.take_in(self.context, self.package_id)

    def _state(self, value: str) -> None:
        self.context.registry.packages.keep_state(self.document_id, {"docflow_state": value})

    def _ours(self, value: str) -> None:
        """A workflow adds the same paper again with another number."""
        document = self.context.registry.packages.document(self.document_id)
        known = replace(papers.from_json(document.requisites), grounds=f"Договор № {value}")
        with tolerant():
            values = {"requisites": papers.to_json(known), "sameness": document.sameness}
            self.context.registry.packages.change_document(document, values)

    def _theirs(self, value: str) -> None:
        self._change(number=value)

    def _unreadable(self, value: str) -> None:
        self._change(total=value)

    def _ours_overwritten(self, name: str) -> None:
        self._change(**{name: 9 if name == "package_id" else "чужое"})

    def _delete_item(self, value: str) -> None:
        if item := self.item():
            self.sandbox.delete_item(self.shown.row().entity_type_id, item.id)

    def _delete_field(self, value: str) -> None:
        fields = [one for one in self.shown.fields() if one["fieldName"].endswith("_GROUNDS")]
        for one in fields:
            self.context.bitrix24.call("userfieldconfig.delete", {"moduleId": "crm", "id": one["id"]})

    def _lose_answer(self, value: str) -> None:
        self.sandbox.fault("batch", "lost_reply")
        self._show("")
        self.sandbox.clear_faults()

    def _freeze(self, value: str) -> None:
        self.context.registry.packages.freeze(self.package_id, sending={}, needs_reply={})

    def _change(self, **values: Any) -> None:
        if item := self.item():
            self.shown.change(item.id, **values)


@contextmanager
def tolerant() -> Iterator[None]:
    """A failed attempt is repeated by somebody."""
    try:
        yield
    except AppError:
        return


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(steps=STEPS)
def test_items_end_as_our_registry_says_and_none_is_made_twice(
    lonely_context: Context, add: Any, invoice: bytes, shown: Shown, portal_sandbox: Any, prepared: Any, steps: Any
) -> None:
    for item in (*shown.items(), *shown.items(PACKAGES)):  # of the example before this one
        kind = PACKAGES if item.values.get("status_code") else DOCUMENTS
        portal_sandbox.delete_item(shown.row(kind).entity_type_id, item.id)
    name = f"package {lonely_context.registry.packages.now().timestamp()}"
    house = House(lonely_context, shown, portal_sandbox, add(package_name=name, allow_duplicate="Y"))
    registries.prepare(lonely_context)

    for step, value in steps:
        house.do(step, value)
    house.settle()

    packages = lonely_context.registry.packages
    package, document = packages.get(house.package_id), packages.document(house.document_id)
    wanted = contents.of_document(lonely_context, package, document)
    row = lonely_context.registry.mirror(DOCUMENTS).get(document.id)
    item, package_item = house.item(), house.item(PACKAGES)
    assert package_item is not None
    told = contents.of_package(lonely_context, package, [document])
    assert {key: package_item.values[key] for key in told if key != "title"} == without_title(told)
    if row.gone_at is not None:
        assert item is None
        return
    assert item is not None
    rejected = row.written.get("_rejected", {})
    assert set(rejected) <= set(REQUISITES)
    assert not (rejected and package.state != "open")
    compared = [key for key in without_title(wanted) if key not in (*rejected, *PEOPLES_OWN, "problem")]
    assert {key: item.values[key] for key in compared} == {key: wanted[key] for key in compared}
    assert bool(item.values["problem"]) == bool(rejected)
    assert shelves(lonely_context)[DOCUMENTS].find([item.mark]) == {item.mark: item.id}


def without_title(values: dict[str, str]) -> dict[str, str]:
    return {key: text for key, text in values.items() if key != "title"}
