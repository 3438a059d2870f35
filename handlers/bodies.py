"""Reads what was posted, within limits: size first, then the kind, then the nesting."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from clients.bitrix24.payload import PayloadError, parse_form
from handlers.refusals import Malformed, TooLarge, WrongContentType

MAX_BYTES = 1024 * 1024
_KINDS = ("", "application/x-www-form-urlencoded", "application/json", "text/json", "text/plain")

T = TypeVar("T")


def posted() -> dict[str, Any]:
    """The body, nested. Raises TooLarge, WrongContentType, Malformed."""
    length = request.content_length
    if length is not None and length > MAX_BYTES:
        raise TooLarge
    if request.mimetype not in _KINDS:
        raise WrongContentType
    return read(lambda: parse_form(_bytes(), content_type=request.mimetype))


def read(reading: Callable[[], T]) -> T:
    """What `reading` makes of a body. Raises Malformed."""
    try:
        return reading()
    except PayloadError as error:
        raise Malformed(detail=str(error)) from None


def _bytes() -> bytes:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge from None
    except (BadRequest, OSError):  # who sends half a body and leaves
        raise Malformed(detail="the body broke off") from None
