"""Files, made by hand: what a library writes would be read by the same library."""

import io
import zipfile

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(*lines, encrypted=False):
    """A PDF document of one page with a line of text for each of these."""
    drawn = b"BT /F1 12 Tf 72 720 Td " + b" ".join(b"(%s) Tj 0 -14 Td" % line.encode() for line in lines) + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    trailer = b"/Root 1 0 R"
    if encrypted:
        objects.append(
            b"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <" + b"28" * 32 + b"> /U <" + b"17" * 32 + b"> >>"
        )
        trailer += b" /Encrypt 6 0 R /ID [<" + b"ab" * 16 + b"> <" + b"ab" * 16 + b">]"
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    return body + b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (count, trailer, body.index(b"xref\n0"))


def docx(*paragraphs, **others):
    """A Word document; `others` are further parts of the folder `word`, without `.xml`."""
    stories = {"document": "body", **dict.fromkeys(others, "hdr")}
    said = {"document": paragraphs, **others}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        for name, root in stories.items():
            lines = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in said[name])
            archive.writestr(f"word/{name}.xml", f'<w:{root} xmlns:w="{_WORD}">{lines}</w:{root}>')
    return file.getvalue()


def archive(**members):
    """A zip archive; double underscores in the names are slashes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return file.getvalue()


def mail(*parts, subject="A hat", boundary="b0", kind="mixed"):
    """A mail of parts, each a content type and a text, and perhaps a file's name; of this kind of multipart."""
    lines = [
        "From: Ada Quill <ada@example.com>", "To: help@desk.example.com", f"Subject: {subject}", "MIME-Version: 1.0",
        f'Content-Type: multipart/{kind}; boundary="{boundary}"', "",
    ]  # fmt: skip
    for part, text, *name in parts:
        lines += [f"--{boundary}", f"Content-Type: {part}"]
        lines += [f'Content-Disposition: attachment; filename="{name[0]}"'] if name else []
        lines += ["", text]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode()


def encrypted_zip(content):
    """The archive with the mark of encryption on all of its members."""
    data = bytearray(content)
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)
    return bytes(data)
