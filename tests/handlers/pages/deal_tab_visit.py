"""The tab of a deal in the hands of a test: opened as the portal does, used as its scripts do, carried out at once."""

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import requests
from sqlalchemy import select

from activities.context import Context, context_beside
from clients.diadoc.ids import normal_box_id
from credentials import Token
from registry.boxes import Boxes
from registry.packages import Packages
from registry.portals import Portals
from registry.tables import Call, Portal
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import COUNTERAGENT, DEAL_TYPE, FILES, MANAGER, OWN_COMPANY, LocalApp, PortalSandbox
from tests.handlers.conftest import Door
from worker.execute import execute
from worker.running import make_running

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
AT = "/bitrix24/pages/deal-tab"
INVOICE = {
    "document_type": "ProformaInvoice",
    "number": "17",
    "date": "2026-11-20",
    "total": "1220.00",
    "vat": "220.00",
    "vat_mode": "amount",
    "need_reply_signature": "by_type",
}


class Stage:
    """The product's door, the portal with our application, our box in Diadoc."""

    def __init__(self, door: Door, portal_sandbox: PortalSandbox, diadoc_sandbox: DiadocSandbox) -> None:
        self.door, self.portal_sandbox, self.diadoc_sandbox = door, portal_sandbox, diadoc_sandbox
        portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6)
        self.app: LocalApp = portal_sandbox.add_local_app(f"{door.url}{AT}", f"{door.url}/bitrix24/install")
        door.opens_with(
            replace(
                door.config,
                bitrix24_client_id=self.app.client_id,
                bitrix24_client_secret=self.app.client_secret,
                bitrix24_oauth_urls=(portal_sandbox.auth_url,),
                diadoc_api_url=diadoc_sandbox.url,
                diadoc_identity_url=diadoc_sandbox.url,
                diadoc_client_id=seed.CLIENT_ID,
                diadoc_client_secret=seed.CLIENT_SECRET,
            )
        )
        portal_sandbox.install(self.app)
        self.running = make_running(door.config, door.database)

    @property
    def portal(self) -> Portal:
        return Portals(self.door.database).all()[0]

    @property
    def packages(self) -> Packages:
        return Packages(self.door.database, self.portal.id)

    def connect(self, *organizations: seed.Organization) -> None:
        """Connect boxes of ours."""
        boxes = Boxes(self.door.database, self.portal.id)
        account_id = boxes.add_account(kind="oidc", token=Token("", seed.first_refresh_token(seed.ROBOT)))
        for one in organizations or (seed.ROMASHKA,):
            names = {"inn": one.inn, "kpp": one.kpp, "name": one.name}
            boxes.connect(account_id=account_id, box_id=normal_box_id(one.box), **names)

    def deal(self, *names: str, **fields: Any) -> int:
        """A deal with our company and the counteragent, and a file of each name."""
        sides = {"TITLE": "Поставка", "COMPANY_ID": COUNTERAGENT, "MYCOMPANY_ID": OWN_COMPANY, "OPPORTUNITY": 1220}
        deal: int = self.portal_sandbox.create_item(DEAL_TYPE, {**sides, **fields})
        for number, name in enumerate(names):
            self.portal_sandbox.put_file(FILES, name, PDF + b"%%%d" % number, item_id=deal)
        return deal

    def open(self, deal: int, *, user_id: int = MANAGER, spot: str = "CRM_DEAL_DETAIL_TAB") -> "Tab":
        page = self.portal_sandbox.open_page(self.app, user_id, spot, {"ID": str(deal)}, f"{self.door.url}{AT}")
        return Tab(self, page.status, page.body)

    def work(self) -> list[str]:
        """Carry out every call that waits for a worker; their codes."""
        with self.door.database.session() as session:
            calls = list(session.scalars(select(Call).where(Call.state == "new").order_by(Call.id)))
        for call in calls:
            execute(self.running, call.id)
        return [call.code for call in calls]

    def context(self) -> Context:
        return context_beside(
            portal=self.portal,
            database=self.door.database,
            connections=self.running.connections,
            blobs=self.running.blobs,
        )

    def calls(self, code: str) -> list[Call]:
        with self.door.database.session() as session:
            return list(session.scalars(select(Call).where(Call.code == code).order_by(Call.id)))


class Tab:
    """One opened page. status, body: of the whole page."""

    def __init__(self, stage: Stage, status: int, body: str) -> None:
        self.stage, self.status, self.body = stage, status, body
        found = re.search(r"hx-headers:inherited='([^']*)'", body)
        self.headers = {**json.loads(html.unescape(found[1])), "HX-Request": "true"} if found else {}

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.stage.door.url}{AT}/{path}", query, headers=self.headers, timeout=30)

    def post(self, path: str, values: Any) -> requests.Response:
        return requests.post(f"{self.stage.door.url}{AT}/{path}", values, headers=self.headers, timeout=30)

    @property
    def nonce(self) -> str:
        return Inputs.of(self.body)["nonce"]

    def documents(self) -> list[dict[str, str]]:
        """The papers that may be ticked: place, key, title, is_in."""
        text = self.get("documents").text
        papers = re.findall(r'id="paper-(\d+)"[^>]*?(hidden disabled)?>\s*<legend>(.*?)</legend>', text)
        values = Inputs.of(text)
        return [
            {
                "place": number,
                "key": values[f"p{number}-key"],
                "title": html.unescape(title),
                "is_in": "" if off else "Y",
            }
            for number, off, title in papers
        ]

    def form(self, *papers: dict[str, str], nonce: str = "", end: str = "send", **more: str) -> list[tuple[str, str]]:
        """What the form posts with these papers: each with place and key, and the requisites that differ."""
        posted = [
            ("nonce", nonce or self.nonce),
            ("end", end),
            ("for_inn", seed.LYUTIK.inn),
            ("for_kpp", seed.LYUTIK.kpp),
        ]
        for paper in papers:
            place = paper["place"]
            filled = {
                **INVOICE,
                **{name: value for name, value in paper.items() if name not in ("title", "is_in", "place")},
            }
            posted += [("paper", place), *((f"p{place}-{name}", value) for name, value in filled.items())]
        return [*posted, *more.items()]

    def go(self, posted: Any) -> str:
        """Post the form and go on as the page does, until the plan is over; what it shows then."""
        return self.follow(self.post("gather", posted).text)

    def follow(self, text: str) -> str:
        """Go on with a plan."""
        while plan := Inputs.of(text).get("plan"):
            self.stage.work()
            text = self.post("progress", {"plan": plan}).text
        return text

    def act(self, action: str, package: int, **more: str) -> str:
        """Press a button of a package; what the page tells of it in the end."""
        form = {"action": action, "package": package, "nonce": f"{action}-{'n' * 20}", **more}
        return self.follow_call(self.post("act", form))

    def follow_call(self, answer: requests.Response) -> str:
        """Wait for a call as the page does; what it tells in the end."""
        while answer.ok and (again := re.search(r'hx-get="[^"]*?/(called/\d+)"', answer.text)):
            self.stage.work()
            answer = self.get(again[1])
        return answer.text

    def all_documents(self) -> list[str]:
        """The titles of the grid."""
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", self.get("documents").text, re.DOTALL)
        return [html.unescape(re.sub(r"<[^>]+>", " ", row)) for row in rows[1:]]


class Inputs(HTMLParser):
    """The values of the inputs of a piece of HTML, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.found.setdefault(str(given["name"]), given.get("value") or "")

    @classmethod
    def of(cls, text: str) -> dict[str, str]:
        parser = cls()
        parser.feed(text)
        return parser.found
