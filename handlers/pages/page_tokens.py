"""The page's own token: what was proven when the portal opened it, signed by us, shown again with every request."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from config import Config
from handlers.refusals import Forged, PageOver, PageStale

LIFE_SECONDS = 8 * 3600  # a working day
_ROOM = Path(__file__).parent.parent


@cache
def build() -> str:
    """Which pages this process serves: changes when their templates, scripts, styles or handlers do."""
    folders = {"static": "*", "templates": "*.html", "pages": "*.py"}
    found = [path for folder, names in folders.items() for path in (_ROOM / folder).rglob(names) if path.is_file()]
    all_of_it = hashlib.sha256()
    for path in sorted(found):
        all_of_it.update(f"{path.relative_to(_ROOM)}\0".encode() + path.read_bytes())
    return all_of_it.hexdigest()[:12]


def sign(config: Config, proven: dict[str, Any]) -> str:
    """A token for the page that was just opened."""
    return str(_serializer(config).dumps({**proven, "build": build()}))


def read(config: Config, token: str) -> dict[str, Any]:
    """What was proven. Raises Forged; PageOver, PageStale with the language of the page, if it was ours once."""
    serializer = _serializer(config)
    try:
        proven = dict(serializer.loads(token, max_age=LIFE_SECONDS))
    except SignatureExpired as error:  # only the time of a good signature is looked at
        over = dict(serializer.load_payload(error.payload or b""))
        raise PageOver(language=over.get("language", "")) from None
    except BadSignature:
        raise Forged from None
    if proven.get("build") != build():
        raise PageStale(language=proven.get("language", ""))
    return proven


def _serializer(config: Config) -> URLSafeTimedSerializer:
    """Every key of SECRET_KEYS verifies, the newest signs; itsdangerous wants that one last."""
    return URLSafeTimedSerializer(list(reversed(config.secret_keys)), salt="page")
