"""A JSON body that carries large files in base64 without ever holding them in memory."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import BinaryIO
from uuid import uuid4

BLOCK = 3 * 64 * 1024  # base64 turns whole threes of bytes into whole fours


class Base64:
    """Stands for a text in JSON: the base64 of a seekable file from its first byte to its last."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.size = content.seek(0, 2)

    def __len__(self) -> int:
        return -(-self.size // 3) * 4

    def __iter__(self) -> Iterator[bytes]:
        self._content.seek(0)
        for start in range(0, self.size, BLOCK):
            yield b64encode(self._read(min(BLOCK, self.size - start)))

    def _read(self, size: int) -> bytes:
        block = b""
        while len(block) < size:
            piece = self._content.read(size - len(block))
            if not piece:
                raise ValueError("the file became shorter while it was sent")
            block += piece
        return block


class Body:
    """JSON whose Base64 members are read when it is sent, as often as it is sent."""

    def __init__(self, encode: Callable[[Callable[[Base64], str]], str]) -> None:
        marks: dict[str, Base64] = {}

        def mark(file: Base64) -> str:
            name = uuid4().hex
            marks[name] = file
            return name

        self._parts: list[bytes | Base64] = []
        rest = encode(mark)
        # in the order of the text, which is the order in which they were marked
        for name, file in marks.items():
            before, rest = rest.split(name, 1)
            self._parts += [before.encode(), file]
        self._parts.append(rest.encode())

    @property
    def has_files(self) -> bool:
        return len(self._parts) > 1

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part
