"""The text and choice fields of a PDF's form: where they stand and what they offer."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """A form field: page from 1, box, full name, kind (Tx or Ch), the words it offers and its value."""

    page: int
    left: float
    bottom: float
    right: float
    top: float
    name: str
    kind: str
    words: tuple[str, ...] = ()
    value: str = ""


def fields(content: bytes) -> list[Field]:
    """Return the text and choice fields of a form."""
    if b"/AcroForm" not in content and b"/ObjStm" not in content:
        return []
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    out: list[Field] = []
    try:
        reader = PdfReader(io.BytesIO(content))
        if "/AcroForm" not in reader.root_object:
            return []
        for number, page in enumerate(reader.pages, 1):
            for annotation in page.get("/Annots") or []:
                made = _field(annotation.get_object(), number)
                if made is not None:
                    out.append(made)
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError):
        return []
    return out


def _field(widget: Any, page: int) -> Field | None:
    if widget.get("/Subtype") != "/Widget":
        return None
    names: list[str] = []
    options: tuple[str, ...] = ()
    kind = value = ""
    node = widget
    while node is not None:
        if "/T" in node:
            names.append(str(node["/T"]))
        kind = kind or str(node.get("/FT", ""))
        options = options or tuple(_option(o) for o in node.get("/Opt", ()))
        value = value or str(node.get("/V", "") or "")
        node = node["/Parent"].get_object() if "/Parent" in node else None
    if kind not in ("/Tx", "/Ch") or not names:
        return None
    x0, y0, x1, y1 = (float(v) for v in widget["/Rect"])
    box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    return Field(page, *box, ".".join(reversed(names)), kind[1:], options, value)


def _option(option: Any) -> str:
    return str(option[-1]) if isinstance(option, list) else str(option)
