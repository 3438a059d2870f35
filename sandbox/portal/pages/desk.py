"""Grids of smart processes and universal lists; the notifications and the tasks of a person."""

from typing import Any

from flask import Blueprint, Response, abort, redirect, request

from sandbox.portal.pages import grids
from sandbox.portal.pages.door import show
from sandbox.portal.visitor import here
from sandbox.portal.world import World


def add_routes(door: Blueprint, world: World) -> None:
    @door.get("/crm/type/<int:entity_type_id>/list/")
    @door.get("/crm/type/<int:entity_type_id>/list/category/<int:_category>/")
    def smart_grid(entity_type_id: int, _category: int = 0) -> Response:
        return show(
            world, "grid.html", lambda portal, viewer: grids.smart_grid(portal, entity_type_id, viewer.language)
        )

    @door.get("/company/lists/<int:number>/view/0/")
    def list_grid(number: int) -> Response:
        return show(world, "grid.html", lambda portal, viewer: grids.list_grid(portal, number))

    @door.get("/im/notifications/")
    def notifications() -> Response:
        return show(
            world, "notifications.html", lambda portal, viewer: {"rows": grids.notifications(portal, viewer.user.id)}
        )

    @door.get("/company/personal/user/<int:user_id>/tasks/")
    def tasks(user_id: int) -> Response:
        return show(world, "tasks.html", lambda portal, viewer: {"rows": grids.tasks(portal, user_id)})

    @door.get("/company/personal/user/<int:user_id>/tasks/task/view/<int:number>/")
    def task(user_id: int, number: int) -> Response:
        def values(portal: Any, viewer: Any) -> dict[str, Any] | None:
            row = portal.tables["tasks"].get(number)
            return {"task": grids.task(portal, row)} if row else None

        return show(world, "task.html", values)

    @door.post("/company/personal/user/<int:user_id>/tasks/task/view/<int:number>/")
    def complete(user_id: int, number: int) -> Any:
        with world.lock:
            row = here(world).tables["tasks"].get(number) or abort(404)
            row["status"] = "5"
        return redirect(request.path, 303)
