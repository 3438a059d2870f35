"""Log lines, ours and the libraries', in one format on stderr, with every secret masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

MASK = "…"

_NAMES = (
    "auth|auth_id|refresh_id|access_token|refresh_token|application_token|event_token|id_token|ddauth_token"
    "|ddauth_api_client_id|client_secret|password|authorization|secret|token|cookie|set-cookie|api_key|developer_key"
)
_SECRET_KEY = re.compile(rf"(?i)(?:{_NAMES}|.*(?:_token|_secret|_password|_sealed))\Z")
# `code` and `state` are secrets in a redirect's address; elsewhere they name an activity and where a docflow stands.
_IN_ADDRESS = re.compile(rf"(?i)((?:{_NAMES})(?:\]|%5D)?=|[?&](?:code|state)=)[\"']?[^&\s\"'<>;,)\]}}]+")
_IN_OBJECT = re.compile(rf"(?i)(\\?[\"'](?:{_NAMES})\\?[\"']\s*[:=]\s*b?\\?[\"'])(?:\\\\.|[^\"'\\])*")
_IN_HEADER = re.compile(
    r"(?i)\b(authorization\s*[:=]\s*\S+\s+|bearer\s+|diadocauth\s+|basic\s+(?=[\w+/]{12}))[^\s\"',;]+"
)
_SUSPECT = re.compile(r"(?i)tok|auth|secret|passw|code=|state=|bearer|refresh_id|basic|cookie|_key")
_OWN_CODE = re.compile(r"(?:diadoc|directum)_[a-z_]{1,60}|[A-Z][A-Z_0-9]{1,60}|[0-9]{1,5}")
_QUIET = ("urllib3", "alembic", "procrastinate", "apscheduler")


def set_up_logs(log_format: str = "json", level: int = logging.INFO) -> None:
    """Format lines as "json" or for the "console". May be called again; what the last call said holds."""
    renderer = _renderer(log_format)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_secrets,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *names: _Stderr(),
        cache_logger_on_first_use=False,  # or loggers already in use would keep what was said before
    )
    _set_up_libraries(shared, renderer, level)


def mask_secrets(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: secrets are masked by the name they stand under, and where a text shows such a name."""
    for name, value in line.items():
        line[name] = _masked(name, value)
    return line


def mask_text(text: str) -> str:
    """The text without the secrets that stand after their names, in addresses, forms, JSON and headers."""
    if not _SUSPECT.search(text):
        return text
    text = _IN_HEADER.sub(rf"\1{MASK}", text)
    text = _IN_OBJECT.sub(rf"\1{MASK}", text)
    return _IN_ADDRESS.sub(rf"\1{MASK}", text)


def _masked(name: str, value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _SECRET_KEY.match(name) or (name == "code" and not _OWN_CODE.fullmatch(str(value))):
        return MASK if value else value
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {str(key): _masked(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_masked("", item) for item in value]
    return mask_text(str(value))


class _Stderr:
    """Writes to stderr as it is at that moment; one write a line, so that threads do not mix their lines."""

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    log = debug = info = warning = warn = error = critical = fatal = exception = failure = msg


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            _Stderr().msg(self.format(record))
        except Exception:  # a line that cannot be formatted must not break what it tells of: logging's own rule
            self.handleError(record)


def _set_up_libraries(shared: list[Any], renderer: Any, level: int) -> None:
    handler = _Handler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _library_line, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _library_line(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = line.get("_record")
    if record is not None:
        line["logger"] = record.name
        line.pop("message", None)  # another handler's formatter leaves it on the record
    return line


def _renderer(log_format: str) -> Any:
    if log_format == "console":
        return structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False)
