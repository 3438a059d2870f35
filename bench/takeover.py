"""How long a call waits when its worker was killed, against the time after which a worker counts as dead."""

import time
from pathlib import Path

from bench.table import Line
from bench.world import World, empty
from tests.scenarios.product import Product, wait_registered, wait_until

STALLED_SECONDS = 2.0
ROUNDS = 3
FIRST = "crm.requisite.link.list"  # what the activity asks first


def measure(world: World) -> list[Line]:
    waits = [_wait(world, world.folder / f"takeover-{number}") for number in range(ROUNDS)]
    wait = sorted(waits)[ROUNDS // 2]
    told = f"{wait:.1f} s with STALLED_SECONDS={STALLED_SECONDS:.0f}"
    return [Line("take-over of a killed worker's call / STALLED_SECONDS", wait / STALLED_SECONDS, "< 3", told)]


def _wait(world: World, folder: Path) -> float:
    empty(world)
    world.portal.reset()
    folder.mkdir()
    product = Product(world.environment, folder)
    app = world.portal.add_local_app(product.url + "/bitrix24/pages/app", product.url + "/bitrix24/install")
    product.environment |= {
        "BITRIX24_CLIENT_ID": app.client_id,
        "BITRIX24_CLIENT_SECRET": app.client_secret,
        "STALLED_SECONDS": str(STALLED_SECONDS),
    }
    try:
        product.start("web", "worker", "scheduler")
        world.portal.install(app)
        wait_registered(world.portal, app)
        return _taken_over(world, product)
    finally:
        product.stop()


def _taken_over(world: World, product: Product) -> float:
    # The worker hangs in this request when it is killed; whoever takes over asks again and is answered at once.
    world.portal.fault(FIRST, "delay", seconds=60, times=1)
    template = [{"activity": "diadoc_check_requisites", "name": "check", "properties": {"look_up_in_diadoc": "N"}}]
    workflow_id = world.portal.start_workflow(template)
    wait_until(lambda: world.portal.requests(FIRST), what="the request of the worker")
    product.start("worker-2")
    product.kill("worker")
    began_at = time.monotonic()
    world.portal.wait_workflow(workflow_id, 60)
    return time.monotonic() - began_at
