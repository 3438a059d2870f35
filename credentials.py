"""What opens a remote system. Open to every room: clients use it, the registry keeps it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Token:
    """One user's token of one system; repr hides the secrets, so that they cannot reach a log.

    expires_at: aware, UTC; endpoint: base address it is good for (a portal's client_endpoint), "" where there is one.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    endpoint: str = ""
