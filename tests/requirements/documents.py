"""Word documents and PDFs made for the tests."""

from __future__ import annotations

import io
import zlib

import docx


def saved(document):
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def word(*tables, before=(), after=()):
    """Return a Word document of paragraphs, tables (rows of texts) and paragraphs."""
    document = docx.Document()
    for text in before:
        document.add_paragraph(text)
    for rows in tables:
        width = max(len(row) for row in rows)
        table = document.add_table(rows=0, cols=width, style="Table Grid")
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=False):
                cell.text = text or ""
        document.add_paragraph("")
    for text in after:
        document.add_paragraph(text)
    return saved(document)


def _escaped(text):
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


class Pdf:
    """A PDF in Helvetica of 10 points, written by hand: texts at their places, lines, and form fields."""

    def __init__(self):
        self.pages = []
        self.fields = []

    def page(self):
        self.pages.append([])
        return self

    def text(self, x, y, text, size=10):
        self.pages[-1].append(f"BT /F1 {size} Tf {x} {y} Td ({_escaped(text)}) Tj ET")
        return self

    def line(self, x0, y0, x1, y1):
        self.pages[-1].append(f"{x0} {y0} m {x1} {y1} l S")
        return self

    def field(self, name, x, y, width=200, height=16, options=()):
        self.fields.append((len(self.pages) - 1, name, x, y, width, height, options))
        return self

    def table(self, rows, edges, top, height=20, ruled=True):
        """Write rows of texts from `top` down; each text stands at its column's left edge."""
        bottom = top - height * len(rows)
        for index, row in enumerate(rows):
            for left, text in zip(edges, row, strict=False):
                if text:
                    self.text(left + 3, top - height * index - 14, text)
        if ruled:
            for index in range(len(rows) + 1):
                self.line(edges[0], top - height * index, edges[-1], top - height * index)
            for edge in edges:
                self.line(edge, top, edge, bottom)
        return self

    def bytes(self):
        objects = [
            "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{fields}] /DR << /Font << /F1 3 0 R >> >> "
            "/DA (/F1 10 Tf 0 g) >> >>",
            "",
        ]
        objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
        pages, fields = [], []
        for index, parts in enumerate(self.pages):
            stream = zlib.compress("\n".join(parts).encode("latin-1"))
            objects.append((stream, len(stream)))
            content = len(objects)
            own = []
            for at, name, x, y, width, height, options in self.fields:
                if at == index:
                    kind = f"/Ch /Ff 131072 /Opt [{' '.join(f'({o})' for o in options)}]" if options else "/Tx"
                    objects.append(
                        f"<< /Type /Annot /Subtype /Widget /FT {kind} /T ({name}) /F 4 /DA (/F1 10 Tf 0 g) "
                        f"/Rect [{x} {y} {x + width} {y + height}] >>"
                    )
                    own.append(len(objects))
            fields += own
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R "
                f"/Annots [{' '.join(f'{n} 0 R' for n in own)}] /Resources << /Font << /F1 3 0 R >> >> >>"
            )
            pages.append(len(objects))
        objects[0] = objects[0].format(fields=" ".join(f"{n} 0 R" for n in fields))
        objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{n} 0 R' for n in pages)}] /Count {len(pages)} >>"
        out, places = bytearray(b"%PDF-1.5\n"), []
        for number, content in enumerate(objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode()
            if isinstance(content, tuple):
                out += (
                    f"<< /Length {content[1]} /Filter /FlateDecode >>\nstream\n".encode() + content[0] + b"\nendstream"
                )
            else:
                out += content.encode("latin-1")
            out += b"\nendobj\n"
        start = len(out)
        out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
        out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
        out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
        return bytes(out)
