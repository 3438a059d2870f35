"""A small valid PDF of one page: lines of Latin text, and a title in any script."""

WIDTH, HEIGHT = 595, 842


def simple_pdf(title: str, lines: list[str]) -> bytes:
    """title: shown by viewers as the document's name; lines: printed on the page, Latin letters only."""
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>"
    )
    text = _text(lines)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title <" + (b"\xfe\xff" + title.encode("utf-16-be")).hex().encode() + b"> >>",
    ]
    return _file(objects)


def _text(lines: list[str]) -> bytes:
    shown = [f"({_escape(line)}) Tj T*" for line in lines]
    return "\n".join(["BT /F1 10 Tf 14 TL 50 780 Td", *shown, "ET"]).encode("latin-1", errors="replace")


def _escape(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects: list[bytes]) -> bytes:
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer % (size, size - 1, len(body))
