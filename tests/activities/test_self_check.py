"""The self-check: each trouble is found, told with what to do and by whom, and hides none of the others."""

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import time_machine
from cryptography.fernet import Fernet
from sqlalchemy import text

from activities import placements, self_check
from activities.context import Context
from activities.registering import register
from activities.self_check import Finding, installation
from activities.self_check.findings import Check, looked
from activities.values import Text
from errors import Unavailable
from registry.database import Database
from registry.keyring import Keyring
from registry.portals import Portals
from registry.settings import change_settings
from registry.tables import CrmRegistry, Tick
from sandbox.diadoc import seed
from sandbox.tls import write_certificates

Found = dict[str, Finding]


def looked_at(context: Context, *, inbox_files: int = 0) -> Found:
    return {finding.code: finding for finding in self_check.check(context, inbox_files=inbox_files)}


def levels(found: Found, *codes: str) -> list[str]:
    return [found[code].level for code in codes]


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not into the tests' output."""


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Our own address with a certificate of an authority of our own, which this environment trusts."""
    write_certificates(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Healthy)
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    server.socket = offered.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def in_order(context: Context, database: Database, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A context of an installation where everything that a portal can tell is in order."""
    client, public_url = context.bitrix24, context.connections.config.public_url
    register(client, Portals(database), context.portal, public_url=public_url)
    placements.register(client, public_url=public_url, type_ids=())
    with database.session() as session:
        session.add(Tick(job="status_poll", slot=1))
        for kind in ("documents", "packages"):
            there = {"backend": "smart_process", "title": kind, "type_id": 1, "fields": {"number": "UF_NUMBER"}}
            session.add(CrmRegistry(portal_id=context.portal.id, kind=kind, **there))
    monkeypatch.setattr(installation, "DISK_LOW", 0)
    return replace(context, portal=Portals(database).get(context.portal.id))


def test_where_all_is_in_order_nothing_is_to_be_done(in_order: Context) -> None:
    found = looked_at(in_order)

    troubled = {code: finding.text.en for code, finding in found.items() if finding.level != "ok"}
    assert list(troubled) == ["public_address"]  # nobody serves it in this test
    assert {"migrations", "token", "scopes", "features", "registrations", "placements", "boxes"} <= set(found)
    assert "пользователь 1" in found["token"].text.ru


def test_whatever_is_wrong_is_told_in_both_languages_with_who_has_to_act(lonely_context: Context) -> None:
    found = looked_at(lonely_context, inbox_files=2000)

    wrong = [finding for finding in found.values() if finding.level != "ok"]
    assert {"boxes", "registrations", "placements", "clock", "inbox", "registries"} <= {one.code for one in wrong}
    assert all(one.who_must_act and one.text.ru != one.text.en and one.name.ru and one.name.en for one in wrong)


def test_a_portal_that_is_away_hides_nothing_else(in_order: Context, portal_sandbox) -> None:
    portal_sandbox.fault("profile", "status", times=-1, status=503)

    found = looked_at(in_order)

    assert levels(found, "token", "boxes", "registries", "migrations") == ["warn", "ok", "ok", "ok"]
    assert "scopes" not in found


def test_a_check_that_breaks_is_told_and_spoils_no_other() -> None:
    def break_down() -> None:
        raise RuntimeError("secret-token")

    def away() -> None:
        raise Unavailable(system="Диадок", detail="HTTP 503")

    broken = looked(Check("a", Text("А", "A"), break_down))
    passing = looked(Check("b", Text("Б", "B"), away))

    assert broken is not None
    assert passing is not None
    assert (broken.level, passing.level) == ("bad", "warn")
    assert "secret-token" not in broken.text.ru + broken.text.en


def test_a_user_who_is_no_administrator_any_more_is_named(in_order: Context, portal_sandbox) -> None:
    portal_sandbox.change_user(1, is_admin=False)

    found = looked_at(in_order)

    assert found["token"].level == "bad"
    assert found["token"].who_must_act == "administrator"


def test_a_lost_consent_of_the_portal_is_told(in_order: Context, database: Database) -> None:
    Portals(database).auth_lost(in_order.portal.id, "invalid_grant")

    found = looked_at(replace(in_order, portal=Portals(database).get(in_order.portal.id)))

    assert found["token"].level == "bad"
    assert "invalid_grant" in found["token"].text.ru


def test_missing_rights_are_named(in_order: Context, app, portal_sandbox) -> None:
    portal_sandbox.change_app(app, scopes=["bizproc", "crm", "placement", "user_brief"])
    portal_sandbox.expire_tokens()  # the next pair of tokens has the new rights
    useful = looked_at(in_order)["scopes"]

    portal_sandbox.change_app(app, scopes=["crm", "placement"])
    portal_sandbox.expire_tokens()
    needed = looked_at(in_order)["scopes"]

    assert (useful.level, needed.level) == ("warn", "bad")
    assert "disk" in useful.text.ru
    assert "bizproc" in needed.text.ru
    assert "user_basic" in needed.text.ru


def test_an_address_that_moved_is_seen_in_registrations_and_placements(in_order: Context) -> None:
    config = replace(in_order.connections.config, public_url="http://127.0.0.1:8081")
    in_order.connections.config = config

    found = looked_at(in_order)

    assert levels(found, "registrations", "placements") == ["warn", "warn"]
    assert "diadoc_send_package" in found["registrations"].text.en
    assert "CRM_DEAL_DETAIL_TAB" in found["placements"].text.en


@pytest.mark.parametrize(
    ("status", "level", "who"),
    [(402, "bad", "administrator"), (403, "bad", "administrator"), (503, "warn", "")],
)
def test_a_box_that_does_not_open_is_told_by_what_diadoc_answers(
    in_order: Context, box, diadoc_sandbox, status: int, level: str, who: str
) -> None:
    diadoc_sandbox.fault("GetMyEmployee", "status", times=-1, status=status, body="no")

    found = looked_at(in_order)[f"box:{box.id}"]

    assert (found.level, found.who_must_act) == (level, who)
    assert box.name in found.name.ru


def test_a_user_who_sees_not_all_documents_or_may_not_create_is_told(
    in_order: Context, connect: Callable, registry
) -> None:
    box = connect(seed.ROMASHKA, seed.CLERK)
    half_blind = looked_at(in_order)[f"box:{box.id}"]

    box = connect(seed.ROMASHKA, seed.VIEWER)
    powerless = looked_at(in_order)[f"box:{box.id}"]

    assert (half_blind.level, powerless.level) == ("warn", "bad")


def test_a_stale_or_stopped_feed_is_bad(in_order: Context, box, registry, database: Database) -> None:
    with database.session() as session:
        session.execute(text("update box set index_key = 'a', feed_read_at = now() - interval '1 hour'"))
    stale = looked_at(in_order)[f"feed:{box.id}"]

    registry.boxes.mark(box.id, "subscription_ended", "нет подписки")
    stopped = looked_at(in_order)[f"feed:{box.id}"]

    assert (stale.level, stopped.level) == ("bad", "bad")
    assert "нет подписки" in stopped.text.ru


def test_several_boxes_want_a_default(in_order: Context, box, connect: Callable, database: Database) -> None:
    connect(seed.LOGISTICS)
    before = looked_at(in_order)["default_box"]

    change_settings(database, in_order.portal.id, user_id=1, default_box_pk=box.id)
    after = looked_at(in_order)["default_box"]

    assert (before.level, after.level) == ("warn", "ok")


def test_old_and_lost_keys_are_told_apart(in_order: Context, database: Database) -> None:
    old = in_order.connections.config.secret_keys
    fresh, foreign = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    to_rotate = installation.secret_keys(database, (fresh, *old))
    lost = installation.secret_keys(database, (foreign,))
    database.keyring = Keyring((fresh, *old))
    rotated = installation.secret_keys(database, old)

    assert (to_rotate.level, lost.level, rotated.level) == ("warn", "bad", "ok")
    assert "rotate-keys" in to_rotate.text.en


def test_changes_that_nobody_sees_are_counted_with_their_cause(in_order: Context, database: Database) -> None:
    in_order.registry.packages.open_or_create(crm_item="D_1", name="")
    with database.session() as session:
        session.execute(text("update package_change set noted_at = now() - interval '2 h', trouble = 'NO_ACCESS'"))

    found = looked_at(in_order)["not_shown"]

    assert found.level == "bad"
    assert "NO_ACCESS" in found.text.ru


def test_a_registry_that_a_person_broke_is_told(in_order: Context, database: Database) -> None:
    with database.session() as session:
        session.execute(text("update crm_registry set trouble = 'поле удалено' where kind = 'documents'"))

    found = looked_at(in_order)["registries"]

    assert found.level == "warn"
    assert "поле удалено" in found.text.ru


def test_a_queue_without_workers_and_a_silent_clock_are_bad(in_order: Context, database: Database) -> None:
    with database.session() as session:
        session.execute(text("update tick set at = now() - interval '1 hour'"))
        session.execute(
            text("""
            insert into call (portal_id, idempotency_key, origin, event_token_sealed, code, workflow_id, user_id,
                workflow_document_id, properties, wants_answer, state, attempts, received_at, deadline_at)
            values (:portal, 'a', 'workflow', '', 'diadoc_wait', '', 0, '[]', '{}', true, 'new', 0,
                now() - interval '1 hour', now() + interval '1 hour')"""),
            {"portal": in_order.portal.id},
        )

    found = looked_at(in_order)

    assert levels(found, "queue", "clock") == ["bad", "bad"]


def test_a_certificate_is_judged_by_its_end_and_by_who_trusts_it(secured: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    sound = installation.certificate(secured)
    monkeypatch.setattr(installation.addresses, "certificate_end", lambda url: now + timedelta(days=10))
    soon = installation.certificate(secured)
    monkeypatch.setattr(installation.addresses, "certificate_end", lambda url: now + timedelta(days=3))
    late = installation.certificate(secured)
    monkeypatch.undo()
    strange = installation.certificate(secured)

    assert (sound.level, soon.level, late.level, strange.level) == ("ok", "warn", "bad", "bad")


def test_our_own_address_must_answer_as_we_do(secured: str, context: Context) -> None:
    config = context.connections.config

    ours = installation.public_address(replace(config, public_url=secured))
    strangers = installation.public_address(replace(config, public_url=f"{secured}/other"))
    nobody = installation.public_address(replace(config, public_url="http://127.0.0.1:9"))

    assert (ours.level, strangers.level, nobody.level) == ("ok", "bad", "warn")


def test_a_clock_that_differs_from_diadocs_is_told(context: Context) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=True):
        a_little = installation.clock_of_diadoc(context.connections.config)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True):
        much = installation.clock_of_diadoc(context.connections.config)

    assert a_little is not None
    assert much is not None
    assert (a_little.level, much.level) == ("warn", "bad")


def test_a_disk_that_fills_up_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "DISK_LOW", 10**18)
    low = installation.disk(tmp_path / "not yet there")
    monkeypatch.setattr(installation, "DISK_FULL", 10**18)
    full = installation.disk(tmp_path)

    assert (low.level, full.level) == ("warn", "bad")
