"""Comments in an item's timeline: what people of the CRM see, also where no workflow keeps a journal.

Every comment ends in the number of its operation; by that number one in doubt is found again.
"""

import re
from collections.abc import Sequence
from contextlib import ExitStack

from activities.context import Context
from activities.crm_ids import CrmItem
from activities.sources import TakenFile
from activities.values import Text
from clients.bitrix24.crm import NewFile

_BB_CODE = str.maketrans({"[": "(", "]": ")"})
_ADDRESS = re.compile(r"https?://[^\s\[\]]+")


def tell(context: Context, item: CrmItem, comment: str, files: Sequence[TakenFile] = ()) -> int:
    """One comment of this call, with files: its id. Made once, however often the call is run.

    comment: BB-code; foreign text in it goes through `plain` and `link`.
    """
    place = {"entity_type_id": item.entity_type_id, "entity_id": item.item_id}
    mark = _mark(context)

    def look() -> int | None:
        comments = context.bitrix24.crm_timeline_comment_list(**place)
        return next((one.id for one in comments if one.text.endswith(mark)), None)

    def add() -> int:
        with ExitStack() as opened:
            new = [NewFile(one.file_name, opened.enter_context(context.blobs.open(one.blob))) for one in files]
            return context.bitrix24.crm_timeline_comment_add(**place, comment=f"{comment}\n{mark}", files=new)

    return int(context.step("timeline", add, look=look))


def plain(text: str) -> str:
    """Foreign text that must not become BB-code."""
    return text.translate(_BB_CODE)


def link(address: str, title: str) -> str:
    """A link in BB-code; only the title where the address is none."""
    return f"[URL={address}]{plain(title)}[/URL]" if _ADDRESS.fullmatch(address) else plain(title)


def _mark(context: Context) -> str:
    return Text(f"(операция {context.operation_id})", f"(operation {context.operation_id})").of(context.language)
