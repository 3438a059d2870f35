"""What goes wrong on a page while a test looks at it: what a person would find in the browser's console."""

import re
from collections.abc import Sequence

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

LEFT = "net::ERR_ABORTED"  # the page was left, or a download began: nobody failed


class Watch:
    """Collects from every page of a context. allowed: regular expressions of what a test has expected."""

    def __init__(self, context: BrowserContext, allowed: Sequence[str] = ()) -> None:
        self.allowed = list(allowed)
        self._seen: list[str] = []
        context.on("console", self._note_message)
        context.on("weberror", self._note_error)
        context.on("requestfailed", self._note_failure)
        context.on("response", self._note_response)

    def faults(self) -> list[str]:
        """Everything that was not expected, in the order in which it came."""
        return [fault for fault in self._seen if not any(re.search(pattern, fault) for pattern in self.allowed)]

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _note_error(self, error: WebError) -> None:
        self._seen.append(f"script: {error.error}")

    def _note_failure(self, request: Request) -> None:
        if request.failure != LEFT:
            self._seen.append(f"request: {request.method} {request.url} {request.failure}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400:
            self._seen.append(f"response: {response.request.method} {response.url} {response.status}")
