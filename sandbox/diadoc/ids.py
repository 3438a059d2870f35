"""Forms of ids: boxes travel long (`26af…b8@diadoc.ru`) and dashed, everything else dashed and in lower case."""

import re
import uuid

HEAD_DEPARTMENT = "00000000-0000-0000-0000-000000000000"
_HEX = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    return str(uuid.uuid4())


def guid(text: str) -> str:
    """The dashed lower-case form of a box id or of any other id. Raises ValueError when it is none."""
    bare = text.strip().lower().removesuffix("@diadoc.ru").replace("-", "")
    if not _HEX.fullmatch(bare):
        raise ValueError(f"not an id: {text[:60]}")
    return str(uuid.UUID(bare))


def long_box_id(box: str) -> str:
    return box.replace("-", "") + "@diadoc.ru"


def derived_id(*parts: str) -> str:
    """The same id for the same parts: for things that exist once for another one."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)))
