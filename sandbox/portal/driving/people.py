"""What people do on the portal's pages, without a browser: cards, timelines, robots, notifications, tasks."""

from pathlib import PurePosixPath
from typing import Any

import requests

from sandbox.portal.driving.base import Base
from sandbox.portal.driving.seeded import ADMIN, DEAL, DEAL_TYPE, LocalApp

KIND_NAMES = {1: "lead", 2: "deal", 3: "contact", 4: "company"}


class People(Base):
    def card_path(self, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL) -> str:
        """The path of an item's card; item_id 0: an empty card of a smart process."""
        name = KIND_NAMES.get(entity_type_id)
        place = f"/crm/{name}" if name else f"/crm/type/{entity_type_id}"
        return f"{place}/details/{item_id}/"

    def look(self, path: str, user_id: int = ADMIN, language: str = "ru", portal: str = "first") -> requests.Response:
        """A page of the portal as this person gets it; the status may be any."""
        params: dict[str, str | int] = {"user_id": user_id, "lang": language}
        return requests.get(self.urls[portal] + path, params=params, timeout=30)

    def edit(
        self,
        fields: dict[str, str],
        files: dict[str, list[tuple[str, bytes]]] | None = None,
        *,
        entity_type_id: int,
        item_id: int = 0,
        user_id: int = ADMIN,
        portal: str = "first",
    ) -> int:
        """Fill in the form of a smart process's card and save; the item's id. item_id 0: a new item.

        fields: texts by upper-case name, as a person would type them; files: new ones for file fields.
        """
        path = self.card_path(entity_type_id, item_id)
        uploads = [(name, file) for name, found in (files or {}).items() for file in found]
        answer = self._press(path, {**fields, "save": "1"}, user_id, portal, uploads)
        return int(PurePosixPath(answer.url.partition("?")[0]).name)

    def card_pages(
        self,
        spot: str = "DETAIL_TAB",
        entity_type_id: int = DEAL_TYPE,
        item_id: int = DEAL,
        language: str = "ru",
        portal: str = "first",
    ) -> list[dict[str, Any]]:
        """Tabs (spot DETAIL_TAB) or buttons (DETAIL_TOOLBAR) of applications on a card: title, wanted."""
        place = {"entity_type_id": entity_type_id, "item_id": item_id, "spot": spot, "language": language}
        return self.do("card_pages", portal=portal, **place)

    def open_session(
        self,
        app: LocalApp,
        placement: str = "DEFAULT",
        options: dict[str, Any] | None = None,
        *,
        user_id: int = ADMIN,
        language: str = "ru",
    ) -> dict[str, Any]:
        """The session of a frame as the portal's page opens one: url, fields, name, sid, origin, init, …"""
        params: dict[str, str | int] = {"user_id": user_id, "lang": language}
        wanted = {"client_id": app.client_id, "placement": placement, "options": options or {}}
        answer = requests.post(self.urls[app.portal] + "/_frame/", params=params, json=wanted, timeout=30)
        return self._checked(answer)["session"]

    def click(self, activity_id: int, place: str, user_id: int = ADMIN, portal: str = "first") -> Any:
        """Click a button of a configurable activity that raises an event; place: "footer.buttons.<key>" and so on."""
        return self._post_as(f"/_timeline/{activity_id}/event", {"path": place}, user_id, portal)

    def complete_todo(self, activity_id: int, user_id: int = ADMIN, portal: str = "first") -> None:
        self._post_as(f"/_timeline/{activity_id}/complete", {}, user_id, portal)

    def complete_task(self, task_id: int | str, user_id: int = ADMIN, portal: str = "first") -> None:
        self._press(f"/company/personal/user/{user_id}/tasks/task/view/{task_id}/", {}, user_id, portal)

    def robots(self, portal: str = "first") -> list[dict[str, Any]]:
        """Placed robots: id, code, activity_name, entity_type_id, stage, values, template_id."""
        return self.do("robots", portal=portal)

    def save_robot(
        self, code: str, values: dict[str, Any], *, number: int = 0, portal: str = "first", **more: Any
    ) -> dict[str, Any]:
        """Place a robot, or change a placed one, as its settings dialog does; more: entity_type_id, stage."""
        return self.do("save_robot", portal=portal, code=code, values=values, number=number, **more)

    def robot_step(self, number: int, portal: str = "first") -> dict[str, Any]:
        """A placed robot as a step of a template: {"activity", "name", "properties"}."""
        row = next(one for one in self.robots(portal) if one["id"] == number)
        return {"activity": row["code"], "name": row["activity_name"], "properties": row["values"]}

    def _post_as(self, path: str, body: dict[str, Any], user_id: int, portal: str) -> Any:
        answer = requests.post(self.urls[portal] + path, params={"user_id": user_id}, json=body, timeout=30)
        return self._checked(answer)

    def _press(
        self, path: str, form: dict[str, str], user_id: int, portal: str, files: list[Any] | None = None
    ) -> requests.Response:
        """Send a form of a page as this person, and follow to the page after it."""
        url = f"{self.urls[portal]}{path}"
        answer = requests.post(url, params={"user_id": user_id}, data=form, files=files, timeout=30)
        if answer.status_code != 200:
            raise RuntimeError(f"the portal refuses: {answer.status_code} {answer.text}")
        return answer
