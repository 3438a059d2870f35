"""The one place where what went wrong becomes an answer: a page for people, JSON for programs, details for the log."""

import uuid

import structlog
from flask import Flask, Response, g, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from activities.base import tell
from errors import AppError, AuthLost, NoAccess, ServiceError, Unavailable
from handlers.languages import asked_language
from handlers.metrics import BROKEN, REFUSED
from handlers.refusals import Refused
from handlers.rendering import page, render
from registry.database import is_away

log = structlog.get_logger()

_HTTP_TEXTS = {
    404: {"ru": "Такой страницы нет.", "en": "There is no such page."},
    405: {"ru": "Так этот адрес не вызывают.", "en": "This address is not called this way."},
}
_BROKEN = {
    "ru": "Внутренняя ошибка. Номер {number} поможет администратору найти причину в журнале.",
    "en": "Internal error. The number {number} helps the administrator to find the cause in the log.",
}
NO_STORE = {"Cache-Control": "no-store"}
_AWAY = {
    "ru": "База данных временно недоступна. Ничего не сохранено, повторите через минуту.",
    "en": "The database is unavailable for the moment. Nothing was stored, try again in a minute.",
}


def for_people() -> None:
    """From here on this request is answered by pages."""
    g.is_page = True


def for_fragments() -> None:
    """From here on this request is answered by pieces of a page; so is what goes wrong."""
    g.is_fragment = True


def install(app: Flask) -> None:
    """Answer every error of this application the same way."""
    app.register_error_handler(AppError, foreseen)
    app.register_error_handler(SQLAlchemyError, database_failed)
    app.register_error_handler(HTTPException, refused_by_flask)
    app.register_error_handler(Exception, broken)


def foreseen(error: AppError) -> Response:
    status = status_of(error)
    log.info("request refused", code=error.code, status=status, detail=str(error))
    return _answer(status, error.code, tell(error, asked_language()))


def status_of(error: AppError) -> int:
    """The HTTP status that says the same as the error."""
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, Unavailable):
        return 503
    if isinstance(error, (AuthLost, NoAccess)):
        return 403
    return 502 if isinstance(error, ServiceError) else 400


def database_failed(error: SQLAlchemyError) -> Response:
    if not (isinstance(error, NoConnection) or is_away(error)):
        return broken(error)
    log.error("database is away", kind=type(error).__name__)
    return _answer(503, "UNAVAILABLE", _AWAY[asked_language()])


def refused_by_flask(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    REFUSED.labels(str(error.code)).inc()
    texts = _HTTP_TEXTS.get(error.code)
    answer = _answer(error.code, error.name.upper().replace(" ", "_"), texts[asked_language()] if texts else error.name)
    if error.code == 405 and "Allow" in (allowed := error.get_response().headers):
        answer.headers["Allow"] = allowed["Allow"]
    return answer


def broken(error: Exception) -> Response:
    number = uuid.uuid4().hex[:12]
    BROKEN.labels(request.blueprint or "none").inc()
    log.error("request broke", number=number, exc_info=error)
    return _answer(500, "INTERNAL_ERROR", _BROKEN[asked_language()].format(number=number), number=number)


def _answer(status: int, code: str, text: str, **more: str) -> Response:
    if g.get("is_fragment"):
        body = render("fault.html", asked_language(), text=text, code=code)
        return Response(body, status, {"X-Fault": code, **NO_STORE}, mimetype="text/html")
    if g.get("is_page") or request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return page("error.html", status=status, text=text, code=code)
    answer = jsonify({"error": {"code": code, "text": text, **more}})
    answer.status_code = status
    return answer
