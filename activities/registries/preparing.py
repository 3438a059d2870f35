"""Making the registries of a portal in its CRM, or adopting those that are there; running it again changes nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from activities.connections import Connections
from activities.context import Context
from activities.registries import lists, smart_processes
from activities.registries.fields import TITLES
from activities.registries.opening import shelf_of
from activities.values import Text
from errors import NoAccess, NotConfigured, ServiceError, SubscriptionEnded
from registry.changes import Changes
from registry.crm_registries import DOCUMENTS, INCOMING, PACKAGES, PREPARING_LOCK, CrmRegistries
from registry.portal_registry import PortalRegistry
from registry.tables import CrmRegistry

BACKENDS = {
    "smart_process": Text("Смарт-процессы", "Smart processes"),
    "list": Text("Универсальные списки", "Universal lists"),
}
EVENTS = ("ONCRMDYNAMICITEMUPDATE", "ONCRMDYNAMICITEMDELETE")
KINDS = (PACKAGES, DOCUMENTS)  # documents refer to packages
_MIRRORED = {DOCUMENTS: (DOCUMENTS, INCOMING), PACKAGES: (PACKAGES,)}  # what of ours has its items there
_MAKERS = {"smart_process": smart_processes.make, "list": lists.make}
_NO_PLAN = Text(
    "реестры в CRM: тариф портала не разрешает создать смарт-процесс, подготовьте реестры как универсальные списки",
    "registries in the CRM: the portal's plan allows no new smart process, prepare them as universal lists",
)
_NO_LISTS_PLAN = Text(
    "реестры в CRM: тариф портала не разрешает создать список",
    "registries in the CRM: the portal's plan allows no new list",
)

Progress = Callable[[int, int, Text], None]  # steps done, steps in all, what is being done


@dataclass(frozen=True, kw_only=True)
class PreparedRegistry:
    """One registry as it stands now. link: the portal's path of its list of items; is_new: made just now; fields_made:
    titles of the fields that were; trouble: what a person has to mend, "" = nothing."""

    kind: str
    backend: str
    title: str
    link: str
    entity_type_id: int = 0
    iblock_id: int = 0
    is_new: bool = False
    fields_made: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a preparation has come to; documents and packages, each in `registries` by its kind."""

    registries: Mapping[str, PreparedRegistry]

    @property
    def trouble(self) -> str:
        return "\n".join(filter(None, (one.trouble for one in self.registries.values())))

    @property
    def has_changed(self) -> bool:
        return any(one.is_new or one.fields_made for one in self.registries.values())


def prepare(
    context: Context,
    backend: str = "smart_process",
    progress: Progress | None = None,
    *,
    list_ids: Mapping[str, int] | None = None,
) -> Prepared:
    """Make both registries, or what they lack. Needs an administrator of the CRM behind our token.

    backend: "smart_process" or "list"; list_ids: {"documents": 41, "packages": 42}, lists that a person has made, where
    we may not make them. Raises NotConfigured saying what the portal lacks, Unavailable (also while another process
    prepares) and its kin.
    """
    registries = CrmRegistries(context.registry.database, context.portal.id)
    tell = progress or (lambda done, total, what: None)
    with registries.exclusively(PREPARING_LOCK, context.portal.id), _explained(backend):
        made = {}
        for number, kind in enumerate(KINDS):
            tell(number, len(KINDS) + 1, TITLES[kind])
            made[kind] = _one(context, registries, kind, backend, (list_ids or {}).get(kind, 0))
        tell(len(KINDS), len(KINDS) + 1, Text("События", "Events"))
        listen(context.connections, context.registry)
        prepared = Prepared(registries=made)
        # Always: a death before this line must not leave old papers out; what stands there is not written again.
        Changes(context.registry.database).note_all(context.portal.id)
    numbers = {kind: one.entity_type_id or one.iblock_id for kind, one in made.items()}
    context.registry.audit(actor=context.actor, action="registries_prepared", backend=backend, numbers=numbers)
    return prepared


def listen(connections: Connections, registry: PortalRegistry) -> None:
    """Hear of it when people change items; lists tell nobody, there the nightly look alone finds it."""
    rows = CrmRegistries(registry.database, registry.portal_id).all().values()
    if any(row.backend == "smart_process" for row in rows):
        client = connections.bitrix24(registry.portal())
        for event in EVENTS:
            client.event_bind(event=event, handler=f"{connections.config.public_url}/bitrix24/events")


def prepared_of(context: Context) -> Prepared:
    """What is prepared, from what we remember; the portal is not asked."""
    rows = CrmRegistries(context.registry.database, context.portal.id).all()
    return Prepared(registries={kind: _described(context, row) for kind, row in rows.items()})


def _one(context: Context, registries: CrmRegistries, kind: str, backend: str, list_id: int) -> PreparedRegistry:
    known = registries.get(kind)
    if known is not None and known.backend != backend:
        known = None
    made = _MAKERS[backend](context, registries, kind, known, list_id)
    if known is None or made.is_elsewhere:
        # what was made in another registry is not there any more
        registries.forget_items(_MIRRORED[kind])
    elif made.fields_made:
        registries.write_again(_MIRRORED[kind], [one.name for one in made.fields_made])
    row = registries.keep(
        kind,
        backend=backend,
        entity_type_id=made.entity_type_id,
        type_id=made.type_id,
        iblock_type=made.iblock_type,
        iblock_id=made.iblock_id,
        title=made.title,
        fields=made.fields,
        trouble="\n".join(one.of(context.language) for one in made.troubles),
        prepared_at=datetime.now(UTC),
    )
    fields_made = tuple(one.label.of(context.language) for one in made.fields_made)
    return replace(_described(context, row), is_new=made.is_new, fields_made=fields_made)


def _described(context: Context, row: CrmRegistry) -> PreparedRegistry:
    return PreparedRegistry(
        kind=row.kind,
        backend=row.backend,
        title=row.title,
        link=shelf_of(context, row).list_link(),
        entity_type_id=row.entity_type_id,
        iblock_id=row.iblock_id,
        trouble=row.trouble,
    )


@contextmanager
def _explained(backend: str) -> Iterator[None]:
    """What the portal refuses, in words that say what to do about it."""
    try:
        yield
    except SubscriptionEnded as error:
        raise NotConfigured(what=_NO_PLAN if backend == "smart_process" else _NO_LISTS_PLAN) from error
    except NoAccess as error:
        raise NotConfigured(what=_no_right(error, backend)) from error


def _no_right(error: ServiceError, backend: str) -> Text:
    scopes = "crm, userfieldconfig" if backend == "smart_process" else "crm, lists"
    return Text(
        f"реестры в CRM: портал отказал в {error.method} ({error.detail}); приложению нужны права {scopes}, а тот, от "
        "чьего имени оно работает, должен быть администратором CRM",
        f"registries in the CRM: the portal denied {error.method} ({error.detail}); the application needs the scopes "
        f"{scopes}, and whom it acts for has to be an administrator of the CRM",
    )
