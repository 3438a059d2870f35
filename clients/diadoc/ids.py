"""Ids of Diadoc in one form, because its answers carry several.

A box comes as 32 hex digits with @diadoc.ru, as a dashed GUID, in either case of letters: inside the product it is
32 lower-case hex digits. Other ids (message, entity, packet, event) are GUIDs compared without regard to case.
"""

import re

_SUFFIX = "@diadoc.ru"
_HEX = re.compile(r"[0-9a-f]{32}")


def normal_box_id(text: str) -> str:
    """Lower-case, without @diadoc.ru and dashes; "" stays ""."""
    return text.strip().lower().removesuffix(_SUFFIX).replace("-", "")


def box_id_on_the_wire(box_id: str) -> str:
    """The dashed GUID that parameters of 2026 are typed as; what is no such id goes as it is, for Diadoc to refuse."""
    digits = normal_box_id(box_id)
    if not _HEX.fullmatch(digits):
        return box_id
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def normal_id(text: str) -> str:
    """A GUID of a message, entity, packet or event as we keep and compare it."""
    return text.strip().lower()
