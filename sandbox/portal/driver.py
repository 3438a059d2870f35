"""The sandbox portal in the hands of tests and the demo: everything a person would do in Bitrix24, over HTTP.

Seed (the same after every reset), on both portals:
  users            ADMIN (1), MANAGER (2), DISMISSED (3), SIGNER (4)
  companies        OWN_COMPANY (1), COUNTERAGENT (2), TWO_REQUISITES (3), each with requisites
  contact          ENTREPRENEUR (1) with a requisite without KPP
  deal             DEAL (1): company COUNTERAGENT, contact ENTREPRENEUR, mycompanyId OWN_COMPANY
  smart process    SMART_TYPE (entityTypeId 1220), item SMART_ITEM (1), parentId2 = DEAL
  file fields      FILES, SIGNED (multiple) and CONTRACT_FILE (single) of deals, SMART_FILES of the smart process
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests import Response

ADMIN, MANAGER, DISMISSED, SIGNER = 1, 2, 3, 4
LEAD_TYPE, DEAL_TYPE, CONTACT_TYPE, COMPANY_TYPE, QUOTE_TYPE, INVOICE_TYPE, SMART_TYPE = 1, 2, 3, 4, 7, 31, 1220
OWN_COMPANY, COUNTERAGENT, TWO_REQUISITES, ENTREPRENEUR, DEAL, SMART_ITEM = 1, 2, 3, 1, 1, 1
FILES, CONTRACT_FILE, SIGNED, STATE = (
    "UF_CRM_DOCUMENTS",
    "UF_CRM_CONTRACT_FILE",
    "UF_CRM_SIGNED",
    "UF_CRM_1721244707107",
)
SMART_FILES = "UF_CRM_1_DOCUMENTS"
OWN_INN, OWN_KPP = "9660001014", "966001001"
COUNTERAGENT_INN, COUNTERAGENT_KPP = "9660003036", "966001001"
ENTREPRENEUR_INN = "966000141485"
DEAL_DOCUMENT = ["crm", "CCrmDocumentDeal", "DEAL_1"]
SMART_DOCUMENT = ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic", "DYNAMIC_1220_1"]


@dataclass(frozen=True)
class LocalApp:
    """The keys that the card of a local application shows, and the application token of this portal."""

    client_id: str
    client_secret: str
    application_token: str
    api_only: bool
    portal: str


@dataclass(frozen=True)
class Page:
    """What an application's page answered to the POST into its frame."""

    status: int
    body: str
    is_finished: bool = False


class PortalSandbox:
    """urls: the addresses in host order: auth server, first portal, second portal, spare.

    Every method takes portal="first" or "second".
    """

    def __init__(self, urls: list[str]) -> None:
        self.urls = dict(zip(("auth", "first", "second", "spare"), urls, strict=False))
        self.auth_url, self.first_url = urls[0], urls[1]
        self._session = requests.Session()

    # the emulator itself

    def reset(self) -> None:
        """Back to the seed: settings, faults, everything."""
        self._post("/_control/reset")

    def settings(self, **values: Any) -> dict[str, Any]:
        """Change settings (settings.py lists them); all of them as they are now."""
        return self._post("/_control/settings", values)

    def fault(self, method: str, kind: str, **more: Any) -> int:
        """Arm a fault (see sandbox/faults.py) for a REST method, "oauth.token", "app.info" or "*"."""
        return self._post("/_control/faults", {"method": method, "kind": kind, **more})["id"]

    def clear_faults(self) -> None:
        self._checked(self._session.delete(self.first_url + "/_control/faults"))

    def requests(self, method: str = "") -> list[dict[str, Any]]:
        """What was asked so far: method, verb, path, at, ids {"at": role of the address}, status, fault."""
        seen = self._checked(self._session.get(self.first_url + "/_control/requests"))
        return [one for one in seen if not method or one["method"].lower() == method.lower()]

    def forget_requests(self) -> None:
        self._checked(self._session.delete(self.first_url + "/_control/requests"))

    # portals, people, tokens

    def portal(self, portal: str = "first") -> dict[str, Any]:
        """name, member_id, url, domain, client_endpoint, server_endpoint, users, webhooks."""
        return self.do("describe_portal", portal=portal)

    def member_id(self, portal: str = "first") -> str:
        return self.portal(portal)["member_id"]

    def change_portal(self, portal: str = "first", **switches: Any) -> None:
        """has_rest, is_deleted, is_overloaded, is_in_maintenance, language, confirmations, features."""
        self.do("change_portal", portal=portal, **switches)

    def rename(self, to: str = "spare", portal: str = "first") -> str:
        """Move a portal to another address; the old one answers 302. The new base address."""
        return self.do("rename_portal", portal=portal, to=to)

    def change_user(self, user_id: int, portal: str = "first", **switches: Any) -> None:
        """is_admin, is_active, is_intranet, has_crm, name, last_name; an unknown id makes a new user."""
        self.do("change_user", portal=portal, user_id=user_id, **switches)

    def tokens(self, app: LocalApp, user_id: int = ADMIN) -> dict[str, Any]:
        """A fresh pair of tokens, as the token endpoint describes it."""
        return self.do("issue_tokens", portal=app.portal, client_id=app.client_id, user_id=user_id)

    def authorization_code(self, app: LocalApp, user_id: int = ADMIN) -> str:
        return self.do("issue_code", portal=app.portal, client_id=app.client_id, user_id=user_id)

    def expire_tokens(self, portal: str = "first") -> int:
        """All access tokens of the portal expire now."""
        return self.do("expire_access_tokens", portal=portal)

    def expire_refresh_tokens(self, portal: str = "first") -> int:
        return self.do("expire_refresh_tokens", portal=portal)

    def webhook(self, user_id: int, code: str, scopes: list[str], portal: str = "first") -> str:
        """The base address of a new incoming webhook."""
        return self.do("add_webhook", portal=portal, user_id=user_id, code=code, scopes=scopes)

    # applications

    def add_local_app(
        self,
        handler_url: str,
        install_url: str = "",
        *,
        api_only: bool = False,
        scopes: list[str] | None = None,
        portal: str = "first",
    ) -> LocalApp:
        """Save a local application's card; install() comes next. scopes: all of them by default."""
        card = {"handler_url": handler_url, "install_url": install_url, "api_only": api_only, "scopes": scopes}
        made = self.do("add_local_app", portal=portal, **card)
        return LocalApp(made["client_id"], made["client_secret"], made["application_token"], api_only, portal)

    def app(self, app: LocalApp) -> dict[str, Any]:
        """The card with handlers, placements, activities {code: kind}, triggers, is_installed."""
        found = self.do("list_apps", portal=app.portal)
        return next(one for one in found if one["client_id"] == app.client_id)

    def change_app(self, app: LocalApp, **switches: Any) -> None:
        """is_paid, is_active, scopes, allowed_users, handler_url, install_url, api_only."""
        self.do("change_app", portal=app.portal, client_id=app.client_id, **switches)

    def registrations(self, app: LocalApp) -> list[dict[str, Any]]:
        return self.do("registrations", portal=app.portal, client_id=app.client_id)

    def install(self, app: LocalApp, user_id: int = ADMIN, *, finish: bool | None = None) -> Page | None:
        """Install as a person would.

        API only: ONAPPINSTALL goes into the queue, None is returned. With UI: the installer page is posted; what it
        answered is returned, and the installation is finished if its script calls installFinish (finish overrides).
        """
        if app.api_only:
            self.do("install_api_only", portal=app.portal, client_id=app.client_id, user_id=user_id)
            return None
        page = self.open_page(app, user_id)
        is_finished = (page.status == 200 and "installFinish" in page.body) if finish is None else finish
        if is_finished:
            self.finish_installation(app)
        return Page(page.status, page.body, is_finished)

    def finish_installation(self, app: LocalApp) -> None:
        self.do("install_finish", portal=app.portal, client_id=app.client_id)

    def open_page(
        self,
        app: LocalApp,
        user_id: int = ADMIN,
        placement: str = "DEFAULT",
        options: dict[str, Any] | None = None,
        url: str = "",
        changes: dict[str, str] | None = None,
    ) -> Page:
        """Post an application's page into its frame, as the browser of this user. changes: replaced form fields."""
        frame = self.frame(app, user_id, placement, options, url)
        answer = requests.post(frame["url"], data={**frame["fields"], **(changes or {})}, timeout=30)
        return Page(answer.status_code, answer.text)

    def frame(
        self,
        app: LocalApp,
        user_id: int = ADMIN,
        placement: str = "DEFAULT",
        options: dict[str, Any] | None = None,
        url: str = "",
    ) -> dict[str, Any]:
        """{"url", "fields", "name", "sid"} of a page POST without posting it."""
        wanted = {"user_id": user_id, "placement": placement, "options": options, "url": url}
        return self.do("open_page", portal=app.portal, client_id=app.client_id, **wanted)

    def update(self, app: LocalApp, *, new_token: bool = False) -> dict[str, Any]:
        """A new version: registrations are dropped, ONAPPUPDATE goes into the queue. The card."""
        return self.do("update_app", portal=app.portal, client_id=app.client_id, new_token=new_token)

    def uninstall(self, app: LocalApp, *, clean: bool = True) -> None:
        self.do("uninstall_app", portal=app.portal, client_id=app.client_id, clean=clean)

    # CRM

    def create_item(self, entity_type_id: int, fields: dict[str, Any], portal: str = "first") -> int:
        made = self.do("create_item", portal=portal, entity_type_id=entity_type_id, fields=fields)
        return made["ID"]

    def item(self, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first") -> dict[str, Any]:
        """Values by original upper-case names, files as ids, times as ISO texts; and "document_id"."""
        return self.do("read_item", portal=portal, entity_type_id=entity_type_id, item_id=item_id)

    def change_item(
        self, fields: dict[str, Any], entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first"
    ) -> dict[str, Any]:
        values = {"entity_type_id": entity_type_id, "item_id": item_id, "fields": fields}
        return self.do("change_item", portal=portal, **values)

    def move(self, stage: str, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first") -> None:
        """Put an item on a stage; its robots start."""
        self.change_item({"STAGE_ID": stage}, entity_type_id, item_id, portal)

    def delete_item(self, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first") -> None:
        self.do("remove_item", portal=portal, entity_type_id=entity_type_id, item_id=item_id)

    def put_file(
        self,
        field: str,
        name: str,
        content: bytes,
        entity_type_id: int = DEAL_TYPE,
        item_id: int = DEAL,
        portal: str = "first",
    ) -> int:
        """Put a file into a file field (a multiple one grows); its id."""
        values = {"entity_type_id": entity_type_id, "item_id": item_id, "field": field, "name": name}
        return self.do("put_file", portal=portal, content=base64.b64encode(content).decode(), **values)

    def files(
        self, field: str, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first"
    ) -> list[tuple[str, bytes]]:
        """Names and bytes of the files in a field."""
        values = {"entity_type_id": entity_type_id, "item_id": item_id, "field": field}
        found = self.do("read_files", portal=portal, **values)
        return [(one["name"], base64.b64decode(one["content"])) for one in found]

    def add_field(self, entity_id: str, name: str, kind: str, portal: str = "first", **more: str) -> None:
        """A user field: entity_id CRM_DEAL, CRM_1 …; more: multiple, mandatory (Y/N)."""
        self.do("add_field", portal=portal, entity_id=entity_id, name=name, kind=kind, **more)

    def set_requisite(
        self,
        inn: str,
        kpp: str = "",
        name: str = "",
        *,
        company_id: int = COUNTERAGENT,
        contact_id: int = 0,
        index: int = 0,
        portal: str = "first",
    ) -> int:
        """Write INN and KPP (and the name) of a company's or a contact's index-th requisite; the requisite's id."""
        owner = {"entity_type_id": CONTACT_TYPE if contact_id else COMPANY_TYPE, "entity_id": contact_id or company_id}
        return self.do("set_requisite", portal=portal, inn=inn, kpp=kpp, name=name, index=index, **owner)

    def requisites(
        self, entity_type_id: int = COMPANY_TYPE, entity_id: int = COUNTERAGENT, portal: str = "first"
    ) -> list[dict[str, Any]]:
        return self.do("requisites", portal=portal, entity_type_id=entity_type_id, entity_id=entity_id)

    def remove_requisites(
        self, entity_type_id: int = COMPANY_TYPE, entity_id: int = COUNTERAGENT, portal: str = "first"
    ) -> None:
        self.do("remove_requisites", portal=portal, entity_type_id=entity_type_id, entity_id=entity_id)

    def link_requisites(
        self,
        requisite_id: int = 0,
        my_requisite_id: int = 0,
        entity_type_id: int = DEAL_TYPE,
        entity_id: int = DEAL,
        portal: str = "first",
    ) -> None:
        """Choose requisites in an item, as its card does."""
        chosen = {"requisite_id": requisite_id, "my_requisite_id": my_requisite_id}
        self.do("link_requisites", portal=portal, entity_type_id=entity_type_id, entity_id=entity_id, **chosen)

    # workflows

    def save_template(
        self,
        name: str,
        steps: list[dict[str, Any]],
        *,
        entity_type_id: int = DEAL_TYPE,
        stage: str = "",
        variables: dict[str, Any] | None = None,
        portal: str = "first",
    ) -> int:
        """A business process, or with stage the robots of that stage. The template's number."""
        values = {"steps": steps, "entity_type_id": entity_type_id, "stage": stage, "variables": variables}
        return self.do("save_template", portal=portal, name=name, **values)

    def start_workflow(
        self,
        template: int | list[dict[str, Any]],
        document: list[str] | None = None,
        *,
        user_id: int = ADMIN,
        parameters: dict[str, Any] | None = None,
        variables: dict[str, Any] | None = None,
        portal: str = "first",
    ) -> str:
        """Start a saved template (its number) or bare steps on a document (the seeded deal by default); its id."""
        values = {"user_id": user_id, "parameters": parameters, "variables": variables}
        document = document or DEAL_DOCUMENT
        return self.do("start_workflow", portal=portal, template=template, document=document, **values)

    def workflow(self, workflow_id: str, portal: str = "first") -> dict[str, Any]:
        """state (running, completed, terminated, failed), waiting, variables, outputs {step: {id: value}}, steps,
        journal [{at, step, kind, text}], answers [{values, log_message, applied}]."""
        return self.do("workflow", portal=portal, workflow_id=workflow_id)

    def workflows(self, portal: str = "first") -> list[dict[str, Any]]:
        return self.do("workflows", portal=portal)

    def wait_workflow(self, workflow_id: str, seconds: float = 20, portal: str = "first") -> dict[str, Any]:
        """The workflow when it runs no more. Raises TimeoutError with its journal."""
        return self.wait_for(
            lambda: self.workflow(workflow_id, portal),
            lambda workflow: workflow["state"] != "running",
            seconds,
        )

    def terminate_workflow(self, workflow_id: str, portal: str = "first") -> None:
        self.do("terminate_workflow", portal=portal, workflow_id=workflow_id)

    def lock_workflow(self, workflow_id: str, seconds: float, portal: str = "first") -> None:
        """With event_send="legacy": the workflow answers 423 for so long."""
        self.do("lock_workflow", portal=portal, workflow_id=workflow_id, seconds=seconds)

    def send_call(
        self, code: str, properties: dict[str, Any] | None = None, portal: str = "first", **more: Any
    ) -> dict[str, Any]:
        """Queue one hand-made call of a registered code; more: entity_type_id, item_id, user_id, use_subscription,
        timeout_duration, url, changes (members of the body that are replaced). The delivery and its event_token."""
        return self.do("send_call", portal=portal, code=code, properties=properties, **more)

    def deliveries(self, name: str = "", portal: str = "first") -> list[dict[str, Any]]:
        """What the queue carried: id, kind, name, url, body, copies, statuses, errors, is_done."""
        found = self.do("deliveries", portal=portal)
        return [one for one in found if not name or one["name"].lower() == name.lower()]

    def wait_deliveries(self, seconds: float = 20, portal: str = "first") -> list[dict[str, Any]]:
        """All deliveries once none is under way."""
        return self.wait_for(
            lambda: self.deliveries(portal=portal), lambda found: all(one["is_done"] for one in found), seconds
        )

    # what came of it

    def table(self, name: str, portal: str = "first") -> list[Any]:
        return self.do("read_table", portal=portal, name=name)

    def timeline(
        self, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first"
    ) -> list[dict[str, Any]]:
        """Comments {kind "comment", text, author_id, files: [{id, name, size, content: bytes}]} and activities
        {kind "todo" or "configurable", fields, layout …} of an item."""
        found = self.do("timeline", portal=portal, entity_type_id=entity_type_id, item_id=item_id)
        return [{**entry, "files": _with_bytes(entry.get("files", []))} for entry in found]

    def drive_files(self, portal: str = "first") -> list[dict[str, Any]]:
        """[{id, name, size, folder, content: bytes}] of every file on the Drive."""
        return _with_bytes(self.do("drive_files", portal=portal))

    def generated_documents(self, portal: str = "first") -> list[dict[str, Any]]:
        return self.do("generated_documents", portal=portal)

    def set_trigger(self, code: str, stage: str, entity_type_id: int = DEAL_TYPE, portal: str = "first") -> None:
        """Configure a trigger on the funnel: pulled, it moves the item to this stage."""
        self.do("set_trigger", portal=portal, code=code, stage=stage, entity_type_id=entity_type_id)

    def pulled_triggers(self, portal: str = "first") -> list[dict[str, Any]]:
        """[{code, entity_type_id, item_id, at, moved_to}]."""
        return self.do("pulled_triggers", portal=portal)

    def press_button(self, activity_id: int, action_id: str, portal: str = "first", **more: Any) -> None:
        """Press a button of a configurable activity; more: user_id, data (its actionParams)."""
        self.do("press_button", portal=portal, activity_id=activity_id, action_id=action_id, **more)

    def notifications(self, portal: str = "first") -> list[dict[str, Any]]:
        """[{user_id, author_id, message, tag, at}]."""
        return self.table("notifications", portal)

    def tasks(self, portal: str = "first") -> list[dict[str, Any]]:
        return self.table("tasks", portal)

    # plumbing

    def do(self, operation: str, **values: Any) -> Any:
        """Any control operation by name."""
        return self._post(f"/_control/do/{operation}", values)

    def wait_for(self, read: Callable[[], Any], is_done: Callable[[Any], bool], seconds: float) -> Any:
        """Read until it is done. Raises TimeoutError showing what was read last."""
        deadline = time.monotonic() + seconds
        while True:
            found = read()
            if is_done(found):
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s: {found}")
            time.sleep(0.03)

    def _post(self, path: str, body: Any = None) -> Any:
        return self._checked(self._session.post(self.first_url + path, json=body or {}, timeout=60))

    @staticmethod
    def _checked(answer: Response) -> Any:
        if answer.status_code != 200:
            raise RuntimeError(f"the sandbox refuses: {answer.status_code} {answer.text}")
        return answer.json()


def _with_bytes(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "content": base64.b64decode(one["content"])} for one in files]
