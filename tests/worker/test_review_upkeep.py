"""Which tokens the night renews."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

import worker.upkeep
from config import Config
from registry.database import Database
from registry.tables import Portal, PortalToken
from worker.running import make_running
from worker.upkeep import keep_tokens


@pytest.mark.parametrize(("old_user", "expected"), [(1, True), (2, False)])
def test_only_an_old_token_that_we_work_with_is_renewed(
    config: Config, database: Database, portal: Portal, monkeypatch: pytest.MonkeyPatch, old_user: int, expected: bool
) -> None:
    renewed: list[int] = []
    monkeypatch.setattr(worker.upkeep, "_renew_portal", lambda running, portal_id: renewed.append(portal_id))
    with database.session() as session:
        session.add(PortalToken(portal_id=portal.id, user_id=2, access_token_sealed="", refresh_token_sealed=""))
        session.flush()
        long_ago = datetime.now(UTC) - timedelta(days=100)
        of_user = update(PortalToken).where(PortalToken.user_id == old_user)
        session.execute(of_user.values(renewed_at=long_ago))
        assert session.scalar(select(Portal.installer_user_id)) == 1

    keep_tokens(make_running(config, database))

    assert (renewed == [portal.id]) is expected
