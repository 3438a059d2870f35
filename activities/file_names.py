"""What files out of Diadoc are called where people see them: kind, number and date, then what the file is."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from activities.document_types import DOCUMENT_TYPES
from activities.values import Text
from registry.tables import Document

STEM_LENGTH = 100
_UNSAFE = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|\[\]]+')
_NAMES = {
    "archive": Text("{stem} с подписями.zip", "{stem} with signatures.zip"),
    "protocol": Text("{stem}, протокол передачи.pdf", "{stem}, exchange protocol.pdf"),
    "protocol_signature": Text("{stem}, протокол передачи.pdf.sig", "{stem}, exchange protocol.pdf.sig"),
    "print_form": Text("{stem}, печатная форма.pdf", "{stem}, print form.pdf"),
    "signature": Text("{stem}, подпись {number}.sig", "{stem}, signature {number}.sig"),
    "answer": Text("{stem}, ответный титул.xml", "{stem}, reply title.xml"),
}


def made_of(document: Document, kind: str, language: str, *, number: int = 0) -> str:
    """The name of what Diadoc makes of a document or keeps with it; `kind`: a key of the table above."""
    return _NAMES[kind].of(language).format(stem=title_of(document, language), number=number)


def original(document: Document) -> str:
    """The document's own file name, made safe."""
    path = PurePosixPath(safe(document.file_name) or str(document.id))
    return path.stem[:STEM_LENGTH] + path.suffix[:20]


def of_package(package_id: int, language: str) -> str:
    """A zip of everything, where there is room for one file only."""
    return Text(f"Документы пакета {package_id}.zip", f"Documents of package {package_id}.zip").of(language)


def title_of(document: Document, language: str) -> str:
    """Kind, number and date of a document; its file's name when it has no number. Safe as a part of a file name."""
    if not document.number:
        return PurePosixPath(original(document)).stem
    name = DOCUMENT_TYPES[document.document_type].name.of(language)
    number = Text(f"{name} № {document.number}", f"{name} No. {document.number}").of(language)
    on = Text(f" от {document.date}", f" of {document.date}").of(language) if document.date else ""
    return safe(number + on)[:STEM_LENGTH].rstrip(" .")


def safe(text: str) -> str:
    """Without what Windows, the Drive or BB-code would stumble over."""
    return " ".join(_UNSAFE.sub("-", text).split()).strip(" .")


def unique(names: Iterable[str]) -> list[str]:
    """The same names, equal ones numbered: a.pdf, a (2).pdf."""
    taken: set[str] = set()
    result = []
    for name in names:
        path, number, free = PurePosixPath(name), 1, name
        while free.lower() in taken:
            number += 1
            free = f"{path.stem} ({number}){path.suffix}"
        taken.add(free.lower())
        result.append(free)
    return result
