"""Scripts and styles of our pages, under an address that changes with them."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from handlers.pages.page_tokens import build

FOLDER = Path(__file__).parent.parent / "static"
LONG_SECONDS = 365 * 24 * 3600


def blueprint() -> Blueprint:
    door = Blueprint("static_files", __name__)

    @door.get("/static/<wanted>/<path:name>")
    def send(wanted: str, name: str) -> Response:
        answer = send_from_directory(FOLDER, name, max_age=LONG_SECONDS if wanted == build() else 0)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        if wanted != build():  # another process, being updated, made the page: what we have is better than nothing
            answer.headers["Cache-Control"] = "no-store"
        return answer

    @door.get("/favicon.ico")
    def icon() -> Response:
        """A browser that shows one of our files in a tab of its own asks for it."""
        return Response(status=204, headers={"Cache-Control": f"max-age={LONG_SECONDS}"})

    return door
