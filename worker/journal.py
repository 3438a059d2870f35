"""The step journal of one running call, and the lines it writes into the workflow's own journal."""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Connection

from activities.values import Text
from clients.bitrix24.client import Bitrix24Client
from errors import AppError
from registry.calls import Journal

log = structlog.get_logger()


class CallJournal:
    """StepJournal over the connection that holds the call's lock: who lost it can record nothing more."""

    def __init__(
        self,
        connection: Connection,
        call_id: int,
        *,
        language: str,
        event_token: Callable[[], str],
        portal: Callable[[], Bitrix24Client],
    ) -> None:
        self._rows, self._call_id = Journal(connection, call_id), call_id
        self._language, self._event_token, self._portal = language, event_token, portal

    def step(self, name: str, do: Callable[[], Any], look: Callable[[], Any] | None) -> Any:
        before = self._rows.intend(name)
        if before is not None and before.done_at is not None:
            return before.result["value"]  # type: ignore[index]
        found = look() if before is not None and look is not None else None
        result = do() if found is None else found
        self._rows.done(name, result)
        return result

    def log(self, line: Text) -> None:
        text = line.ru if self._language == "ru" else line.en
        event_token = self._event_token()
        if not event_token:
            return  # no workflow asked for this
        try:
            self._portal().bizproc_activity_log(event_token=event_token, log_message=text)
        except AppError as error:  # a line that nobody may have switched on is not worth failing for
            log.info("journal line not taken", call_id=self._call_id, code=error.code)
