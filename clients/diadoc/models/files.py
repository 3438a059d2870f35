"""What comes of asking Diadoc to make or give a file."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class NotReady:
    """Diadoc is still making it: ask again after this many seconds."""

    retry_after: float


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file was written; its name is what Diadoc called it, "" when it did not."""

    size: int
    file_name: str


@dataclass(frozen=True, kw_only=True)
class GeneratedFile:
    file_name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class DocumentProtocol:
    """A protocol of the exchange: a PDF and Diadoc's detached signature of it."""

    print_form: bytes = field(repr=False)
    signature: bytes = field(repr=False)
