"""The application's page: its tabs in both languages, and what an administrator does on each of them."""

import re

import pytest
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Frame, Page, expect

from registry.api_tokens import find
from registry.calls import Calls
from registry.portals import Portals
from registry.settings import change_settings, read_settings
from sandbox.diadoc import seed
from sandbox.portal.driver import ADMIN, MANAGER
from tests.browser.helpers import axe, frame_of, open_app
from tests.conftest import SECRET_KEY
from tests.scenarios.product import wait_until

SETTINGS = {"DIADOC_DEVELOPER_KEY": seed.DEVELOPER_KEY}
HEADINGS = {
    "boxes": ("Ящики Диадока", "Boxes of Diadoc"),
    "registries": ("Реестры в CRM", "Registries in the CRM"),
    "registered": ("Роботы и действия", "Robots and activities"),
    "people": ("Права", "Rights"),
    "timing": ("Сроки и напоминания", "Deadlines and reminders"),
    "checks": ("Самопроверка", "Self-check"),
    "journal": ("Журнал вызовов", "Journal of calls"),
    "stuck": ("Зависшие документы", "Stuck documents"),
    "reports": ("Отчёты", "Reports"),
    "programs": ("Доступ программ", "Access for programs"),
}
LANGUAGES = {"ru": 0, "en": 1}
CYRILLIC = re.compile("[А-Яа-яЁё]")
SECONDS = 30_000


@pytest.fixture
def opened(stage, visitor):
    """opened(tab, user="administrator", language="ru", allow=()): the page on one tab, and our frame in it."""

    def opens(tab: str, user: str = "administrator", language: str = "ru", allow=()) -> tuple[Page, Frame]:
        page = visitor(user, language, allow)
        open_app(page, stage)
        frame = frame_of(page)
        expect(frame.locator("#tab-boxes[aria-selected=true]")).to_be_visible()
        if tab != "boxes":  # the one that the page opens with
            show(frame, tab, language)
        return page, frame

    return opens


def show(frame: Frame, tab: str, language: str = "ru") -> None:
    frame.locator(f"#tab-{tab}").click()
    heading = HEADINGS[tab][LANGUAGES[language]]
    expect(panel(frame).get_by_role("heading", name=heading, exact=True)).to_be_visible(timeout=SECONDS)


def panel(frame: Frame):
    return frame.locator("#panel")


def press(frame: Frame, name: str) -> None:
    panel(frame).get_by_role("button", name=name, exact=True).click()


def agree(frame: Frame) -> None:
    frame.locator("#confirming").get_by_role("button", name="Да").click()


def says(frame: Frame, text: str) -> None:
    expect(panel(frame)).to_contain_text(text, timeout=SECONDS)


@pytest.fixture
def box(stage):
    """Our box as it was connected, whatever a test did to the boxes afterwards."""
    before = stage.boxes.all()[0]
    yield before
    login = {"login": seed.ROBOT.login, "password": seed.ROBOT.password}
    stage.boxes.connect(
        account_id=stage.boxes.add_account(kind="developer_key", **login),
        box_id=before.box_id,
        inn=before.inn,
        kpp=before.kpp,
        name=before.name,
    )
    for other in stage.boxes.all():
        if other.id != before.id:
            stage.boxes.remove(other.id)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tab", HEADINGS)
def test_every_tab_opens_in_both_languages_and_axe_is_content(opened, screenshot, tab, language):
    page, frame = opened(tab, language=language)

    assert axe(frame) == []
    assert frame.locator("html").get_attribute("lang") == language
    screenshot(page, f"app-{tab}-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_may_not_administer_learns_whom_to_ask(stage, visitor, language):
    page = visitor("manager", language)

    open_app(page, stage)

    frame = frame_of(page)
    expect(
        frame.get_by_role(
            "heading", name=("Настраивает приложение", "Who sets the application up")[LANGUAGES[language]]
        )
    ).to_be_visible()
    expect(frame.get_by_text("Анна Админова")).to_be_visible()
    expect(frame.get_by_role("tab")).to_have_count(0)


def test_tabs_are_walked_by_the_keyboard(opened):
    _, frame = opened("timing")

    frame.locator("#tab-timing").press("ArrowRight")

    expect(frame.locator("#tab-checks")).to_have_attribute("aria-selected", "true")
    expect(frame.locator("#tab-checks")).to_be_focused()
    expect(panel(frame).get_by_role("heading", name="Самопроверка")).to_be_visible()


def test_the_page_notices_by_itself_that_diadoc_was_connected(opened, box):
    page, frame = opened("boxes")
    press(frame, "Подключить через Диадок")
    link = panel(frame).get_by_role("link", name="Открыть Диадок")
    with page.context.expect_page() as coming:
        link.click()
    consent = coming.value
    consent.get_by_role("combobox").select_option(seed.ROBOT.id)

    consent.locator("button[value=allow]").click()

    expect(consent.get_by_role("heading", name="Диадок подключён")).to_be_visible()
    page.bring_to_front()
    says(frame, "Подключено:")
    expect(panel(frame).get_by_role("cell", name=seed.LOGISTICS.name)).to_be_visible()


def test_a_diadoc_login_connects_boxes_and_is_never_shown(opened, stage, box):
    _, frame = opened("boxes", allow=[r"boxes/login", r"status of 403"])
    panel(frame).get_by_text("Подключить по логину Диадока").click()
    panel(frame).get_by_label("Логин Диадока").fill(seed.ROBOT.login)
    panel(frame).get_by_label("Пароль Диадока").fill("wrong-password")
    press(frame, "Подключить")
    expect(panel(frame).get_by_role("alert")).to_contain_text("Диадок", timeout=SECONDS)
    panel(frame).get_by_label("Пароль Диадока").fill(seed.ROBOT.password)

    press(frame, "Подключить")

    says(frame, "Подключено:")
    assert seed.ROBOT.password not in frame.content()
    assert seed.ROBOT.login not in frame.content()


def test_a_box_is_paused_resumed_and_removed(opened, stage, box):
    _, frame = opened("boxes")

    press(frame, "Приостановить")
    agree(frame)
    says(frame, "Ящик приостановлен")
    assert stage.boxes.get(box.id).status == "paused"
    press(frame, "Возобновить")
    says(frame, "Ящик снова работает")
    assert stage.boxes.get(box.id).status == "connected"
    press(frame, "Отключить")
    agree(frame)
    says(frame, "Ни один ящик не подключён")

    assert stage.boxes.get(box.id).status == "removed"


def test_what_is_not_agreed_to_is_not_done(opened, stage, box):
    _, frame = opened("boxes")

    press(frame, "Отключить")
    frame.locator("#confirming").get_by_role("button", name="Отмена").click()

    expect(frame.locator("#confirming")).to_be_hidden()
    assert stage.boxes.get(box.id).status == "connected"


def test_an_administrator_chooses_the_default_box(opened, stage, box):
    facts = {"inn": seed.LOGISTICS.inn, "kpp": seed.LOGISTICS.kpp, "name": seed.LOGISTICS.name}
    other = stage.boxes.connect(account_id=box.account_id, box_id="c" * 32, **facts)
    _, frame = opened("boxes")
    panel(frame).get_by_label("Ящик для элементов").select_option(str(other.id))

    press(frame, "Сохранить")

    says(frame, "Ящик по умолчанию сохранён")
    assert read_settings(stage.database, stage.portal.id).default_box_pk == other.id


def test_a_signer_is_mapped_to_a_person_of_the_portal(opened, stage, box):
    page, frame = opened("boxes")
    panel(frame).get_by_text("Назначить подписанта").click()
    press(frame, "Выбрать")
    page.locator(f"[data-user='{MANAGER}']").click()
    panel(frame).get_by_label("Идентификатор пользователя Диадока").fill(seed.DIRECTOR.id)

    press(frame, "Назначить")

    says(frame, "Подписант назначен")
    assert stage.boxes.signer(box.id, bitrix_user_id=MANAGER) == seed.DIRECTOR.id
    panel(frame).get_by_role("listitem").get_by_role("button", name="Убрать").click()
    says(frame, "Подписант убран")
    assert stage.boxes.signer(box.id, bitrix_user_id=MANAGER) is None


def test_the_registries_are_prepared_by_a_button(opened, stage):
    _, frame = opened("registries")
    says(frame, "Реестры ещё не подготовлены")

    press(frame, "Подготовить реестры")

    expect(panel(frame).get_by_role("row")).to_have_count(3, timeout=60_000)
    says(frame, "Последний раз выполнено")


def test_robots_are_taken_away_and_put_back(opened, stage):
    _, frame = opened("registered")
    expect(panel(frame).get_by_text("всё на месте")).to_have_count(4, timeout=SECONDS)

    press(frame, "Убрать: Роботы")
    agree(frame)
    says(frame, "не зарегистрировано или устарело")
    assert not any(one["kind"] == "robot" for one in stage.portal_sandbox.registrations(stage.app))
    press(frame, "Зарегистрировать всё")

    expect(panel(frame).get_by_text("всё на месте")).to_have_count(4, timeout=60_000)


def test_the_tab_comes_to_the_cards_of_a_chosen_smart_process(opened, stage):
    _, frame = opened("registered")
    panel(frame).get_by_label("Поставки").check()

    press(frame, "Сохранить и зарегистрировать")

    says(frame, "Показать: 4")
    (chosen,) = read_settings(stage.database, stage.portal.id).page_types
    panel(frame).get_by_text("Показать: 4").click()
    expect(panel(frame).get_by_role("row", name=f"CRM_DYNAMIC_{chosen}_DETAIL_TAB")).to_contain_text("зарегистрирован")


def test_people_are_picked_and_their_rights_stored(opened, stage):
    page, frame = opened("people")
    frame.locator("[data-picker=senders] [data-pick]").click()
    page.locator(f"[data-user='{MANAGER}']").click()
    page.locator("dialog.picker").get_by_role("button", name="OK").click()

    press(frame, "Сохранить права")

    says(frame, "Сохранено")
    assert read_settings(stage.database, stage.portal.id).senders == (MANAGER,)
    expect(frame.locator("[data-picker=senders]")).to_contain_text("Пётр")
    frame.locator("[data-picker=senders] [data-drop]").click()
    press(frame, "Сохранить права")
    expect(frame.locator("[data-picker=senders]")).not_to_contain_text("Пётр")
    wait_until(lambda: read_settings(stage.database, stage.portal.id).senders == (), 10, "the rights")


def test_deadlines_are_stored(opened, stage):
    _, frame = opened("timing")
    panel(frame).get_by_label("Через сколько дней напомнить").fill("5")
    panel(frame).get_by_label("Ставить дело").uncheck()
    panel(frame).get_by_label("Часовой пояс").select_option("Asia/Omsk")

    press(frame, "Сохранить")

    says(frame, "Сохранено")
    settings = read_settings(stage.database, stage.portal.id)
    assert (settings.remind_after_days, settings.makes_todos, settings.time_zone) == (5, False, "Asia/Omsk")


def test_the_self_check_says_how_things_are(opened):
    _, frame = opened("checks")

    press(frame, "Проверить")

    says(frame, "Последний раз выполнено")
    expect(panel(frame).get_by_role("row")).not_to_have_count(0)
    expect(panel(frame).get_by_text("в порядке").first).to_be_visible()


def test_a_call_is_found_looked_at_and_run_again(opened, stage):
    deal = stage.deal()
    given = {"for_inn": "9660001014", "for_kpp": "966001001"}
    steps = [{"activity": "diadoc_check_requisites", "name": "check", "properties": given}]
    stage.start_workflow(deal, steps)
    calls = Calls(stage.database)
    wait_until(lambda: calls.latest(limit=1, state="answered"), 30, "an answer")
    _, frame = opened("journal")
    panel(frame).get_by_label("Элемент CRM").fill(f"D_{deal}")
    press(frame, "Найти")
    expect(panel(frame).get_by_role("row")).to_have_count(2)

    panel(frame).get_by_role("button", name="Вызов").click()
    says(frame, "9660001014")
    says(frame, "доставлен")
    press(frame, "Выполнить ещё раз")
    agree(frame)
    says(frame, "Запуск поставлен в очередь")
    wait_until(lambda: [one for one in calls.latest(limit=5) if one.origin == "replay"], 30, "the second run")
    press(frame, "Обновить")

    says(frame, "Повторные запуски")


def test_a_search_that_cannot_be_is_told_beside_the_form(opened):
    _, frame = opened("journal", allow=[r"journal/list", r"status of 422"])
    panel(frame).get_by_label("Элемент CRM").fill("сделка")

    press(frame, "Найти")

    expect(panel(frame).get_by_role("alert")).to_contain_text("элемент CRM")


def test_a_token_of_a_program_is_shown_once_and_revoked(opened, stage):
    _, frame = opened("programs")
    panel(frame).get_by_label("Название").fill("выгрузка")
    press(frame, "Создать ключ")
    token = frame.locator("#new-token").inner_text()
    assert find(stage.database, token).portal.id == stage.portal.id

    show(frame, "timing")
    show(frame, "programs")
    assert token not in frame.content()
    press(frame, "Отозвать выгрузка")
    agree(frame)
    says(frame, "Ключ отозван")

    assert find(stage.database, token) is None


def test_a_page_older_than_the_application_asks_to_be_reloaded(opened, stage):
    page, frame = opened("timing", allow=[r"app/people", r"status of 409"])
    proven = {"portal": stage.portal.id, "user": ADMIN, "admin": True, "language": "ru", "placement": "DEFAULT"}
    older = URLSafeTimedSerializer([SECRET_KEY], salt="page").dumps({**proven, "item": None, "build": "older"})
    headers = f'{{"X-Page-Token": "{older}"}}'
    frame.evaluate("headers => document.body.setAttribute('hx-headers:inherited', headers)", headers)

    frame.locator("#tab-people").click()
    expect(frame.locator("#stale")).to_contain_text("Страница устарела")
    frame.get_by_role("button", name="Обновить страницу").click()

    expect(frame_of(page).get_by_role("tab", name="Люди")).to_be_visible()
    expect(frame_of(page).locator("#stale")).to_be_hidden()


def test_an_administrator_who_opens_the_page_brings_lost_access_back(stage, visitor):
    Portals(stage.database).auth_lost(stage.portal.id, "refused")
    page = visitor("administrator", "ru")

    open_app(page, stage)

    expect(frame_of(page).get_by_text("Приложение установлено и работает")).to_be_visible()
    assert Portals(stage.database).get(stage.portal.id).status == "installed"


def test_the_choice_of_people_takes_the_page_from_who_may_not(stage, visitor):
    change_settings(stage.database, stage.portal.id, user_id=ADMIN, administrators=(MANAGER,))
    page = visitor("manager", "ru", [r"app/timing", r"status of 403"])
    open_app(page, stage)
    frame = frame_of(page)
    expect(frame.get_by_role("tab", name="Журнал")).to_be_visible()
    change_settings(stage.database, stage.portal.id, user_id=ADMIN, administrators=())

    frame.locator("#tab-timing").click()

    expect(frame.get_by_role("alert").first).to_contain_text("Вам это не разрешено")


def test_a_service_that_is_busy_for_a_moment_is_asked_again(opened):
    page, frame = opened("timing", allow=[r"app/journal", r"status of 503"])
    refusals = []

    def refuse_twice(route):
        if len(refusals) == 2:
            return route.continue_()
        refusals.append(route.request.url)
        return route.fulfill(status=503, headers={"Retry-After": "0.2"}, body="busy")

    page.route("**/bitrix24/pages/app/journal", refuse_twice)

    show(frame, "journal")

    assert len(refusals) == 2


def test_a_lost_connection_is_told_beside_the_form_and_the_form_is_kept(opened):
    page, frame = opened("timing", allow=[r"app/timing", r"htmx: htmx:error"])
    panel(frame).get_by_label("Через сколько дней напомнить").fill("8")
    page.route("**/bitrix24/pages/app/timing", lambda route: route.abort("connectionfailed"))

    press(frame, "Сохранить")

    expect(panel(frame).get_by_role("alert")).to_contain_text("Нет связи")
    expect(panel(frame).get_by_label("Через сколько дней напомнить")).to_have_value("8")


def test_a_question_is_asked_beside_what_was_pressed_and_the_frame_fits_again(opened):
    page, frame = opened("registered")
    expect(panel(frame).get_by_text("всё на месте")).to_have_count(4, timeout=SECONDS)
    button = panel(frame).get_by_role("button", name="Убрать: Вкладка и кнопка в карточках")
    button.click()
    asked, pressed = frame.locator("#confirming").bounding_box(), button.bounding_box()
    assert abs(asked["y"] - pressed["y"]) < 300
    frame.locator("#confirming").get_by_role("button", name="Отмена").click()
    tall = page.locator("iframe").bounding_box()["height"]

    show(frame, "timing")

    wait_until(lambda: page.locator("iframe").bounding_box()["height"] < tall - 100, 10, "a lower frame")
