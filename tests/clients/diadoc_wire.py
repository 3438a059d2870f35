"""What the tests of the Diadoc client against the sandbox share."""

from clients.diadoc.auth import OidcAuth
from clients.diadoc.client import DiadocClient
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import DocumentToPost, MessageToPost
from credentials import Token
from sandbox.diadoc import seed
from tests.clients.diadoc_support import Blocks, Tokens

OURS = normal_box_id(seed.ROMASHKA.box)
THEIRS = normal_box_id(seed.LYUTIK.box)
PDF = b"%PDF-1.4 an act\n"
LONG_WAIT = 30  # seconds: longer than the client's patience, so that nothing is waited for here


class Wire:
    """A client with its store and throttle."""

    def __init__(self, sandbox, *, user=seed.ROBOT, token: Token | None = None) -> None:
        self.auth = OidcAuth(
            identity_url=sandbox.url,
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            scope="openid profile email offline_access Diadoc.PublicAPI",
        )
        self.tokens = Tokens(token or Token(sandbox.access_token(user), sandbox.refresh_token(user)))
        self.throttle = Blocks()
        self.sunsets: list[tuple] = []
        self.diadoc = DiadocClient(
            api_url=sandbox.url,
            auth=self.auth,
            tokens=self.tokens,
            throttle=self.throttle,
            on_sunset=lambda *told: self.sunsets.append(told),
        )


def act(custom_id: str = "act-1", **values) -> DocumentToPost:
    values.setdefault("metadata", {"FileName": "Акт 1.pdf", "DocumentDate": "01.11.2026", "TotalSum": "120.00"})
    if "name_on_shelf" not in values:
        values.setdefault("content", PDF)
    return DocumentToPost(
        type_named_id="AcceptanceCertificate", custom_document_id=custom_id, need_recipient_signature=True, **values
    )


def letter(*documents: DocumentToPost, to: str = THEIRS, **values) -> MessageToPost:
    return MessageToPost(from_box_id=OURS, to_box_id=to, documents=documents or (act(),), **values)


def address(document) -> dict[str, str]:
    return {"box_id": OURS, "message_id": document.message_id, "entity_id": document.entity_id}
