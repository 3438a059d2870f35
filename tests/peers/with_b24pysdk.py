"""The portal as the vendor's own Python SDK sees it. Runs in an environment of its own; JSON in, JSON out."""

import json
import sys

from b24pysdk import BitrixApp, BitrixToken, Client
from b24pysdk.errors import BitrixAPIError


def main() -> None:
    given = json.load(sys.stdin)
    app = BitrixApp(client_id=given["client_id"], client_secret=given["client_secret"])
    token = BitrixToken(domain=given["domain"], auth_token=given["access_token"], expires_in=3600, bitrix_app=app)
    client = Client(token)
    json.dump({name: ask(client, token, given) for name, ask in QUESTIONS.items()}, sys.stdout, default=str)


def profile(client, token, given):
    return client.profile().result


def deal(client, token, given):
    return client.crm.item.get(bitrix_id=1, entity_type_id=2).result["item"]


def updated(client, token, given):
    client.crm.item.update(bitrix_id=1, entity_type_id=2, fields={"title": "Новое имя"}).result  # noqa: B018 - lazy
    return deal(client, token, given)["title"]


def requisites(client, token, given):
    return client.crm.requisite.list(filter={"ENTITY_TYPE_ID": 4, "ENTITY_ID": 2}).result


def batch(client, token, given):
    commands = {f"c{number}": ("crm.item.get", {"entityTypeId": 2, "id": 1}) for number in range(given["commands"])}
    answer = token.call_batches(methods=commands, halt=False)
    return len(answer["result"]["result"])


def refused(client, token, given):
    try:
        token.call_method("crm.item.get", {"entityTypeId": 2, "id": 999_999})
    except BitrixAPIError as error:
        return type(error).__name__
    return ""


QUESTIONS = {one.__name__: one for one in (profile, deal, updated, requisites, batch, refused)}

if __name__ == "__main__":
    main()
