"""Methods about the caller, the application and the portal: profile, user.*, app.*, scope, method.get and their kin."""

from typing import Any

from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.errors import RestError
from sandbox.portal.methods import REGISTRY, Call, Page, is_yes, method, page_of
from sandbox.portal.model import ALL_SCOPES, User
from sandbox.portal.world import iso, now

USER_SCOPES = ("user", "user_basic", "user_brief")


@method("profile")
def profile(call: Call) -> dict[str, Any]:
    user = call.user
    return {
        "ID": str(user.id),
        "ADMIN": user.is_admin,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": "",
        "TIME_ZONE": "",
        "TIME_ZONE_OFFSET": 10800,
    }


@method("user.admin")
def user_admin(call: Call) -> bool:
    return call.user.is_admin


@method("user.current", scope=USER_SCOPES)
def user_current(call: Call) -> dict[str, Any]:
    return _user(call, call.user)


@method("user.get", scope=USER_SCOPES)
def user_get(call: Call) -> Page:
    """Filters stand in FILTER or at the top level."""
    own = ("filter", "sort", "order", "select", "start", "admin_mode", "image_resize")
    rules = {key.upper(): value for key, value in call.params.items() if key.lower() not in own}
    rules |= {key.upper(): value for key, value in call.map("FILTER").items()}
    if "ACTIVE" in rules:
        rules["ACTIVE"] = is_yes(rules["ACTIVE"])
    rows = filter_rows([_user(call, user) for user in call.portal.users.values()], rules)
    rows = order_rows(rows, {call.text("sort") or "ID": call.text("order") or "ASC"})
    return page_of(rows, call.get("start"))


def _user(call: Call, user: User) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ID": str(user.id),
        "ACTIVE": user.is_active,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "SECOND_NAME": "",
        "WORK_POSITION": user.position,
        "UF_DEPARTMENT": user.departments,
        "USER_TYPE": "employee" if user.is_intranet else "extranet",
        "TIME_ZONE": "",
    }
    return {**row, "EMAIL": user.email} if {"user", "user_basic"}.intersection(call.scopes) else row


@method("department.get", scope="department")
def department_get(call: Call) -> Page:
    rules = {key: call.get(key) for key in ("ID", "NAME", "PARENT", "UF_HEAD") if call.get(key) is not None}
    rows = filter_rows(list(call.portal.tables["departments"].values()), rules)
    rows = order_rows(rows, {call.text("sort").upper() or "ID": call.text("order") or "ASC"})
    return page_of(rows, call.get("START"))


@method("app.info")
def app_info(call: Call) -> dict[str, Any]:
    app = call.need_app()
    return {
        "ID": 1,
        "CODE": app.client_id,
        "VERSION": app.version,
        "STATUS": "L",
        "INSTALLED": app.is_installed,
        "PAYMENT_EXPIRED": "N",
        "DAYS": None,
        "LANGUAGE_ID": call.portal.language,
        "LICENSE": f"{call.portal.language}_pro100",
        "LICENSE_TYPE": "pro100",
        "LICENSE_FAMILY": "pro",
    }


@method("app.option.set")
def option_set(call: Call) -> bool:
    app = call.need_app()
    if not call.user.is_admin:
        raise RestError("AccessException", "Access denied!", 403)
    options = call.map("options")
    if not options:
        raise RestError("ArgumentNullException", "Argument 'options' is null or empty", argument="options")
    app.options |= options
    return True


@method("app.option.get")
def option_get(call: Call) -> Any:
    app = call.need_app()
    name = call.text("option")
    return app.options.get(name) if name else dict(app.options)


@method("scope")
def scope(call: Call) -> list[str]:
    return list(ALL_SCOPES) if is_yes(call.get("full")) else list(call.scopes)


@method("method.get")
def method_get(call: Call) -> dict[str, bool]:
    found = REGISTRY.get(call.text("name").lower())
    exists = found is not None and (not found.features or bool(call.portal.features.intersection(found.features)))
    allowed = exists and found is not None and (not found.scopes or bool(set(found.scopes).intersection(call.scopes)))
    return {"isExisting": exists, "isAvailable": allowed}


@method("server.time")
def server_time(call: Call) -> str:
    return iso(now())


@method("feature.get")
def feature_get(call: Call) -> dict[str, str]:
    code = call.text("CODE")
    if not code:
        raise RestError("CODE_EMPTY", "CODE can not be empty")
    known = {*call.portal.features, "rest_offline_extended", "rest_auth_connector"}
    return {"value": "Y" if code in known else "N"}
