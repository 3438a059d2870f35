"""Our boxes in Diadoc: do they open, may we, do we see everything, is the feed fresh, which one acts by default."""

from collections.abc import Iterator
from functools import partial

from activities.context import Context
from activities.self_check.findings import Check, Said, age, ago, bad, fine, of_error, warn
from activities.values import Text
from errors import ServiceError
from registry.tables import Box

FEED_POLLS, FEED_SECONDS = 10, 900.0  # a feed is stale when so many polls, and at least so long, brought nothing
NEEDED_ACTIONS = ("CreateDocuments",)


def of_boxes(context: Context) -> Iterator[Check]:
    """Yields while it is looked at: which boxes there are is known once the first check was made."""
    boxes: list[Box] = []
    yield Check("boxes", Text("Ящики Диадока", "Diadoc boxes"), partial(_connected, context, boxes))
    for box in boxes:
        name = Text(f"Ящик «{box.name}»", f'Box "{box.name}"')
        yield Check(f"box:{box.id}", name, partial(_access, context, box))
        name = Text(f"Лента «{box.name}»", f'Feed of "{box.name}"')
        yield Check(f"feed:{box.id}", name, partial(_feed, context, box))
    if len(boxes) > 1:
        yield Check("default_box", Text("Ящик по умолчанию", "Default box"), partial(_default, context, boxes))


def _connected(context: Context, boxes: list[Box]) -> Said:
    boxes.extend(context.registry.boxes.all())
    if boxes:
        return fine(f"Подключено: {len(boxes)}.", f"Connected: {len(boxes)}.")
    return bad(
        "Ни один ящик не подключён. Администратору портала нужно подключить Диадок на странице приложения.",
        "No box is connected. The portal's administrator has to connect Diadoc on the application's page.",
    )


def _access(context: Context, box: Box) -> Said:
    """Asked now, whatever we remember; an ended subscription and a lost consent are told as such."""
    client = context.diadoc(box)
    try:
        employee = client.get_my_employee(box_id=box.box_id)
        organization = client.get_box(box_id=box.box_id).organization
    except ServiceError as error:
        return of_error(error)
    who = employee.login or employee.full_name
    missing = [action for action in NEEDED_ACTIONS if employee.actions and action not in employee.actions]
    if missing:
        return bad(
            f"Пользователю {who} нельзя создавать документы. Администратору ящика нужно дать это право в Диадоке.",
            f"User {who} may not create documents. The box's administrator has to grant that in Diadoc.",
        )
    if not employee.sees_all_documents:
        return warn(
            f"Пользователь {who} видит не все документы: о документах других подразделений узнаём только при ночной"
            " сверке. Администратору ящика нужно дать ему доступ ко всем документам.",
            f"User {who} does not see all documents: those of other departments are known by the nightly reconciliation"
            " only. The box's administrator has to grant access to all documents.",
        )
    if organization.is_test:
        return fine(f"Тестовый ящик, работает {who}.", f"A test box, works as {who}.")
    return fine(f"Открывается, работает {who}.", f"It opens, works as {who}.")


def _feed(context: Context, box: Box) -> Said:
    why = box.status_text or box.status
    if box.status != "connected":
        return bad(
            f"Чтение остановлено: {why}. Когда причина устранена, администратору портала нужно подключить Диадок ещё"
            " раз: чтение продолжится с того же места.",
            f"Reading has been stopped: {why}. Once the cause is gone the portal's administrator has to connect Diadoc"
            " again: reading goes on where it stood.",
        )
    if box.index_key is None:
        return fine("Читать ещё нечего.", "There is nothing to read yet.")
    seconds = age(box.feed_read_at or box.connected_at)
    if seconds <= max(FEED_POLLS * context.connections.config.status_poll_seconds, FEED_SECONDS):
        read = ago(seconds)
        return fine(f"Прочитана {read.ru} назад.", f"Read {read.en} ago.")
    late = ago(seconds)
    return bad(
        f"Не читалась {late.ru}: состояния документов устарели. Администратору сервера нужно проверить планировщик и"
        " исполнителя, затем b24-edo poll.",
        f"Not read for {late.en}: the states of documents are old. The administrator of the server has to look at the"
        " scheduler and the worker, then run b24-edo poll.",
    )


def _default(context: Context, boxes: list[Box]) -> Said:
    if context.registry.settings().default_box_pk in {box.id for box in boxes}:
        return fine("Выбран.", "It is chosen.")
    return warn(
        "Ящиков несколько, а основной не выбран: где сделка не называет нашу компанию, отправить нельзя. Администратору"
        " портала нужно выбрать его на странице приложения.",
        "There are several boxes and no default: where a deal does not name our company nothing can be sent. The"
        " portal's administrator has to choose one on the application's page.",
    )
