"""Diadoc requests of one poll with 10, 1 000 and 10 000 waiting documents of which none, then one has changed."""

from bench.table import Line
from bench.world import World, empty
from config import read_config
from registry.tables import Document, Package
from worker import polling
from worker.running import Running, make_running

WAITING = (10, 1_000, 10_000)


def measure(world: World) -> list[Line]:
    counts = {waiting: _requests(world, waiting) for waiting in WAITING}
    least = max(counts[WAITING[0]], 1)
    return [
        Line(
            f"feed requests of a poll, {waiting} documents waiting / 10 waiting",
            counts[waiting] / least,
            "1.00",
            f"{counts[waiting]} against {least}",
        )
        for waiting in WAITING[1:]
    ]


def _requests(world: World, waiting: int) -> int:
    empty(world)
    world.diadoc.reset()
    portal = world.installed_portal()
    box = world.connected_box(portal)
    running = make_running(read_config({**world.environment, "PUBLIC_URL": "http://127.0.0.1:1"}), world.database)
    _fill(running, portal.id, box.id, waiting)
    running.feeds.begin(box.id, "")
    polling.poll(running, box_pk=box.id)  # fetches the token and reads what was there before
    world.diadoc.forget_requests()
    polling.poll(running, box_pk=box.id)
    return len(world.diadoc.requests())


def _fill(running: Running, portal_id: int, box_pk: int, waiting: int) -> None:
    """Sent packages of one document each that wait for a signature which never comes."""
    with running.database.session() as session:
        package_row = {"portal_id": portal_id, "state": "sent", "box_pk": box_pk, "docflow_state": "delivered"}
        packages = [Package(crm_item=f"D_{n}", message_id=f"00000000-{n:04x}", **package_row) for n in range(waiting)]
        session.add_all(packages)
        session.flush()
        paper = {"sameness": "1", "document_type": "AcceptanceCertificate", "file_name": "a.pdf", "needs_reply": True}
        paper |= {"file_size": 1, "sha256": "0" * 64, "blob": "1/0", "docflow_state": "delivered"}
        session.add_all(
            Document(
                portal_id=portal_id,
                package_id=package.id,
                crm_item=package.crm_item,
                message_id=package.message_id,
                entity_id=package.message_id,
                **paper,
            )
            for package in packages
        )
