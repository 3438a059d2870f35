"""The queue server: carries calls and events to their handlers, late, shuffled, twice or never, and does not repeat."""

import os
import random
from typing import Any

import requests

from sandbox.portal import phpform
from sandbox.portal.world import World, iso, now

USER_AGENT = "Bitrix24 Webhook Engine"
PAIR_SECONDS = 0.25  # in the out-of-order mode a call lets those overtake it that come within this time


def send(world: World, *, portal: str, kind: str, name: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
    """Put one call or event into the queue; its line in the log of deliveries, filled in when it is delivered.

    kind: "activity" or "event"; name: code of the activity or name of the event. The caller holds the lock.
    """
    delivery: dict[str, Any] = {
        "id": len(world.deliveries) + 1,
        "portal": portal,
        "kind": kind,
        "name": name,
        "url": url,
        "body": phpform.build(body),
        "queued_at": iso(now()),
        "copies": _copies(world),
        "statuses": [],
        "errors": [],
        "is_done": False,
    }
    world.deliveries.append(delivery)
    if not delivery["copies"]:
        delivery["is_done"] = True
    for _copy in range(delivery["copies"]):
        world.clock.after(_delay(world), lambda: _post(world, delivery))
    return delivery


def _copies(world: World) -> int:
    """How often it is delivered: once, or as the drop and duplicate modes want."""
    settings = world.settings
    if settings["queue_drop_next"] > 0:
        settings["queue_drop_next"] -= 1
        return 0
    if random.random() < settings["queue_drop_share"]:
        return 0
    if settings["queue_duplicate_next"] > 0:
        settings["queue_duplicate_next"] -= 1
        return 2
    return 2 if random.random() < settings["queue_duplicate_share"] else 1


def _delay(world: World) -> float:
    settings = world.settings
    seconds = settings["queue_delay_seconds"] + random.random() * settings["queue_jitter_seconds"]
    if settings["queue_out_of_order"] and len(world.deliveries) % 2:
        seconds += PAIR_SECONDS
    return seconds


def _post(world: World, delivery: dict[str, Any]) -> None:
    if delivery["id"] > len(world.deliveries) or world.deliveries[delivery["id"] - 1] is not delivery:
        return  # there was a reset
    try:
        status, error = _exchange(world, delivery), ""
    except requests.RequestException as failure:
        status, error = 0, type(failure).__name__
    with world.lock:
        delivery["statuses"].append(status)
        delivery["errors"].append(error)
        delivery["is_done"] = len(delivery["statuses"]) == delivery["copies"]
        delivery["delivered_at"] = iso(now())


def _exchange(world: World, delivery: dict[str, Any]) -> int:
    answer = requests.post(
        delivery["url"],
        data=delivery["body"].encode(),
        headers={"User-Agent": USER_AGENT, "Content-Type": "application/x-www-form-urlencoded"},
        timeout=world.settings["queue_timeout_seconds"],
        allow_redirects=False,
        verify=os.environ.get("REQUESTS_CA_BUNDLE") or True,
    )
    return answer.status_code
