"""One portal: our token, what its plan and our rights allow, what is registered, what people are not shown."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from activities import placements, registering
from activities.context import Context
from activities.self_check.findings import Check, Said, age, ago, bad, day, fine, warn
from activities.self_check.installation import skew
from activities.values import Text
from clients import addresses
from registry import condition
from registry.crm_registries import CrmRegistries
from registry.overview import figures, token_state

REFRESH_LIFE = timedelta(days=180)  # of a refresh token: who is not asked for so long has to install again
USER_SCOPES = ("user", "user_basic", "user_brief")
NEEDED_SCOPES = ("bizproc", "crm", "placement")
USEFUL_SCOPES = {
    "im": Text("уведомления", "notices"),
    "disk": Text("файлы Диска", "files of Drive"),
    "task": Text("задачи руководителю", "tasks for heads"),
    "department": Text("руководители отделов", "heads of departments"),
    "userfieldconfig": Text("реестры в CRM", "registries in the CRM"),
    "lists": Text("реестры в списках", "registries in lists"),
}
NEEDED_METHODS = {
    "bizproc.robot.add": Text("роботы", "robots"),
    "bizproc.activity.add": Text("действия бизнес-процессов", "activities of workflows"),
    "bizproc.event.send": Text("ответы процессам", "answers to workflows"),
    "crm.type.add": Text("смарт-процессы", "smart processes"),
    "crm.automation.trigger.add": Text("триггеры", "triggers"),
}
NOT_SHOWN_SECONDS, NOT_SHOWN_LONG = 600.0, 3600.0


def of_portal(context: Context) -> Iterator[Check]:
    """Yields while it is looked at: a portal that does not answer is not asked for the rest."""
    answered: list[bool] = []
    yield Check("token", Text("Токен портала", "Token of the portal"), partial(_token, context, answered))
    asked: tuple[tuple[str, str, str, Callable[[Context], Said | None]], ...] = (
        ("tariff", "Тариф портала", "Plan of the portal", _tariff),
        ("scopes", "Права приложения", "Rights of the application", _scopes),
        ("features", "Возможности тарифа", "Features of the plan", _features),
        ("registrations", "Роботы и действия", "Robots and activities", _registrations),
        ("placements", "Встройки", "Placements", _placements),
        ("clock_of_portal", "Часы и портал", "Clock and portal", _clock),
    )
    known: tuple[tuple[str, str, str, Callable[[Context], Said | None]], ...] = (
        ("registries", "Реестры в CRM", "Registries in the CRM", _registries),
        ("not_shown", "Показ изменений", "Showing of changes", _not_shown),
        ("undeliverable", "Ответы процессам", "Answers to workflows", _undeliverable),
    )
    for code, ru, en, look in (*(asked if answered else ()), *known):
        yield Check(code, Text(ru, en), partial(look, context))


def _token(context: Context, answered: list[bool]) -> Said:
    portal = context.portal
    state = token_state(context.registry.database, portal.id)
    if portal.status != "installed" or state is None or state.dead_since is not None:
        return bad(
            f"Токена больше нет ({portal.status_text or portal.status}). Администратору портала нужно открыть страницу"
            " приложения или установить приложение заново.",
            f"There is no token any more ({portal.status_text or portal.status}). An administrator of the portal has to"
            " open the application's page or to install the application again.",
        )
    profile = context.bitrix24.profile()
    answered.append(True)
    name = f"{profile.name} {profile.last_name}".strip() or str(profile.user_id)
    until = day(state.renewed_at + REFRESH_LIFE)
    if not profile.is_admin:
        return bad(
            f"Работаем от имени {name} (пользователь {profile.user_id}), это не администратор: регистрировать роботов и"
            " читать чужие элементы нельзя. Администратору портала нужно открыть страницу приложения.",
            f"We work as {name} (user {profile.user_id}), who is no administrator: robots cannot be registered nor"
            " others' items read. An administrator of the portal has to open the application's page.",
        )
    return fine(
        f"Работаем от имени администратора {name} (пользователь {profile.user_id}); продлевается сам, без продления"
        f" действовал бы до {until}.",
        f"We work as the administrator {name} (user {profile.user_id}); it renews itself, unrenewed it would last"
        f" until {until}.",
    )


def _tariff(context: Context) -> Said:
    app = context.bitrix24.app_info()
    if app.payment_expired:
        return bad(
            f"Подписка на приложение закончилась (тариф {app.license}). Администратору портала нужно её продлить.",
            f"The application's subscription ended (plan {app.license}). The portal's administrator has to renew it.",
        )
    if not app.installed:
        return bad(
            "Установка не завершена. Администратору портала нужно открыть приложение и дождаться её конца.",
            "The installation is not finished. The portal's administrator has to open the application and wait for it.",
        )
    return fine(f"Тариф {app.license}, версия приложения {app.version}.", f"Plan {app.license}, version {app.version}.")


def _scopes(context: Context) -> Said:
    granted = set(context.bitrix24.scope())
    missing = [scope for scope in NEEDED_SCOPES if scope not in granted]
    if not granted.intersection(USER_SCOPES):
        missing.append("user_basic")
    if missing:
        names = ", ".join(missing)
        return bad(
            f"Не хватает прав: {names}. Администратору портала нужно добавить их в карточке приложения и открыть его.",
            f"Rights are missing: {names}. The portal's administrator has to add them to the application's card and to"
            " open the application.",
        )
    lacking = {scope: use for scope, use in USEFUL_SCOPES.items() if scope not in granted}
    if not lacking:
        return fine("Все нужные права есть.", "All rights that are needed are there.")
    ru = "; ".join(f"{scope} ({use.ru})" for scope, use in lacking.items())
    en = "; ".join(f"{scope} ({use.en})" for scope, use in lacking.items())
    return warn(
        f"Нет прав, без которых часть возможностей не работает: {ru}. Администратор портала может добавить их.",
        f"Rights without which some things do not work: {en}. The portal's administrator may add them.",
    )


def _features(context: Context) -> Said:
    client = context.bitrix24
    lacking = [use for method, use in NEEDED_METHODS.items() if not client.method_get(method).is_available]
    if not lacking:
        return fine("Роботы, процессы и смарт-процессы доступны.", "Robots, workflows and smart processes are there.")
    ru, en = ", ".join(use.ru for use in lacking), ", ".join(use.en for use in lacking)
    return bad(
        f"На тарифе портала (или без прав приложения) недоступно: {ru}. Администратору портала нужно сменить тариф или"
        " добавить права.",
        f"Not available on the portal's plan (or without the application's rights): {en}. The portal's administrator"
        " has to change the plan or to add the rights.",
    )


def _registrations(context: Context) -> Said:
    public_url = context.connections.config.public_url
    kinds = registering.kinds_of(context.portal)
    listed = registering.registrations(context.bitrix24, context.portal, public_url=public_url)
    mine = [one for one in listed if one.kind in kinds]
    missing = [one.code for one in mine if one.state == "missing"]
    outdated = [one.code for one in mine if one.state == "outdated"]
    if not missing and not outdated:
        return fine(f"Зарегистрировано: {len(mine)}, все свежие.", f"Registered: {len(mine)}, all up to date.")
    return (bad if len(missing) == len(mine) else warn)(
        f"Не хватает: {', '.join(missing) or '—'}; устарели: {', '.join(outdated) or '—'}. Администратору портала нужно"
        " нажать «Зарегистрировать» на странице приложения (или b24-edo activities register).",
        f"Missing: {', '.join(missing) or '—'}; outdated: {', '.join(outdated) or '—'}. The portal's administrator has"
        ' to press "Register" on the application\'s page (or run b24-edo activities register).',
    )


def _placements(context: Context) -> Said:
    listed = placements.registrations(
        context.bitrix24,
        public_url=context.connections.config.public_url,
        type_ids=context.registry.settings().page_types,
    )
    wrong = [one.code for one in listed if one.state != "registered"]
    if not wrong:
        return fine("Вкладка и кнопка карточек на месте.", "The tab and the button of cards are in place.")
    names = ", ".join(wrong)
    return warn(
        f"Не привязаны или ведут на другой адрес: {names}. Администратору портала нужно привязать их заново на странице"
        " приложения, на вкладке «Роботы и действия».",
        f"Not bound, or bound to another address: {names}. The portal's administrator has to bind them again on the"
        " application's page, on its tab of robots and activities.",
    )


def _clock(context: Context) -> Said | None:
    return skew(addresses.portal_clock_ahead(context.bitrix24), Text("портала", "the portal"))


def _registries(context: Context) -> Said:
    prepared = CrmRegistries(context.registry.database, context.portal.id).all().values()
    if not prepared:
        return warn(
            "Не подготовлены: документы не видны в CRM. Администратору портала нужно нажать «Подготовить реестры» на"
            " странице приложения (или b24-edo registry prepare).",
            "Not prepared: documents are not seen in the CRM. The portal's administrator has to prepare them on the"
            " application's page (or run b24-edo registry prepare).",
        )
    troubles = "; ".join(f"{one.title or one.kind}: {one.trouble}" for one in prepared if one.trouble)
    if troubles:
        return warn(
            f"Нужно исправить: {troubles}. Администратору портала нужно подготовить реестры ещё раз.",
            f"To be mended: {troubles}. The portal's administrator has to prepare the registries again.",
        )
    titles = ", ".join(one.title or one.kind for one in prepared)
    return fine(f"Подготовлены: {titles}.", f"Prepared: {titles}.")


def _not_shown(context: Context) -> Said:
    found = condition.not_shown(context.registry.database, context.portal.id)
    seconds = age(found.since)
    if seconds < NOT_SHOWN_SECONDS:
        return fine("Изменения видны людям.", "People see what has changed.")
    late, why = ago(seconds), ", ".join(found.troubles) or "—"
    return (bad if seconds > NOT_SHOWN_LONG else warn)(
        f"Не показано изменений: {found.count}, старейшему {late.ru} (причины: {why}). Администратору нужно устранить"
        " причину, показ продолжится сам.",
        f"Changes not shown: {found.count}, the oldest for {late.en} (causes: {why}). The administrator has to remove"
        " the cause, showing goes on by itself.",
    )


def _undeliverable(context: Context) -> Said:
    count = figures(context.registry.database, context.portal.id).calls.get("undeliverable", 0)
    if not count:
        return fine("Все ответы доставлены.", "All answers were delivered.")
    return warn(
        f"Ответов, которые портал не принял: {count}; их процессы ждут. Администратору нужно посмотреть журнал вызовов"
        " (b24-edo calls list --state undeliverable) и доставить заново или остановить процессы.",
        f"Answers that the portal did not take: {count}; their workflows wait. The administrator has to look at the"
        " journal of calls (b24-edo calls list --state undeliverable), to deliver them again or to end the workflows.",
        who="operator",
    )
