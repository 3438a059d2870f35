"""The same updates by two other clients; runs in the peers' environment, JSON in."""

import json
import sys
from typing import Any


def by_b24pysdk(given: dict[str, Any]) -> None:
    from b24pysdk import BitrixApp, BitrixToken

    app = BitrixApp(client_id="local.bench", client_secret="bench")
    token = BitrixToken(domain=given["domain"], auth_token=given["access_token"], expires_in=3600, bitrix_app=app)
    methods = {f"u{number}": ("crm.item.update", _update(number)) for number in range(given["updates"])}
    token.call_batches(methods=methods, halt=False)


def by_fast_bitrix24(given: dict[str, Any]) -> None:
    from fast_bitrix24 import Bitrix

    updates = [{"ID": 1, **_update(number)} for number in range(given["updates"])]
    Bitrix(given["webhook"], verbose=False).call("crm.item.update", updates)


def _update(number: int) -> dict[str, Any]:
    return {"entityTypeId": 2, "id": 1, "fields": {"title": f"Deal {number}"}}


if __name__ == "__main__":
    {"b24pysdk": by_b24pysdk, "fast-bitrix24": by_fast_bitrix24}[sys.argv[1]](json.load(sys.stdin))
