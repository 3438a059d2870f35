"""What an administrator does once: the application's card, the installation, the connection of the boxes."""

from urllib.parse import parse_qsl, urlsplit

import requests

from sandbox.demo.processes import Trouble
from sandbox.demo.stage import Stage
from sandbox.diadoc.driver import ROBOT
from sandbox.portal.driver import LocalApp, Page

TITLE = "b24-edo"
SECONDS = 30


def save_card(stage: Stage) -> LocalApp:
    """Fill in the form of a local application; the portal shows its keys."""
    url = stage.product.url
    return stage.portal.add_local_app(f"{url}/bitrix24/pages/app", f"{url}/bitrix24/install")


def install(stage: Stage, app: LocalApp) -> Page:
    """Open the application for the first time, which posts its installation page. Raises Trouble."""
    page = stage.portal.install(app)
    if page is None or page.status != 200 or not page.is_finished:
        raise Trouble(f"the installation page answered {page and page.status}: {page and page.body}")
    return page


def wait_registered(stage: Stage) -> list[str]:
    """Codes of all robots and activities once the portal has every one of them. Raises Trouble."""

    def codes() -> list[str]:
        rows = stage.product.listing("activities", "list")
        return [row["code"] for row in rows] if all(row["state"] == "registered" for row in rows) else []

    return stage.processes.wait(codes, "the registration of robots and activities", SECONDS)


def consent_address(stage: Stage) -> str:
    """Where the Diadoc user consents, as the command prints it."""
    return stage.product.command("boxes", "connect").split()[-1]


def consent(stage: Stage, address: str) -> requests.Response:
    """Open the address as the Diadoc user who works for the robot, allow, follow the way back. Raises Trouble."""
    if not address.startswith(stage.diadoc.url):
        raise Trouble(f"the address of the consent does not lead to Diadoc: {address}")
    back = stage.diadoc.consent(dict(parse_qsl(urlsplit(address).query)), user=ROBOT)
    page = requests.get(back, timeout=SECONDS)
    if page.status_code != 200:
        raise Trouble(f"the way back from Diadoc answered {page.status_code}: {page.text}")
    return page


def connected_boxes(stage: Stage) -> list[dict[str, str]]:
    return [box for box in stage.product.listing("boxes", "list") if box["status"] == "connected"]


def prepare_registries(stage: Stage) -> dict[str, int]:
    """Registries of documents and packages in the CRM: kind → entityTypeId. Raises Trouble."""
    return {row["kind"]: row["entity_type_id"] for row in stage.product.listing("registry", "prepare")}
