"""Answers into the form fields of a PDF; what is new is added behind the buyer's bytes, which all stay."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Mapping

import polars as pl

from core.contracts.errors import RequirementError
from core.requirements.officefiles.fill_proof import PARTS, Proof


def edit(content: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the PDF with texts in form fields, by their full names.

    Raises
    ------
    RequirementError
        When the form cannot be written to.
    """
    from pypdf import PdfWriter
    from pypdf.errors import PyPdfError

    target = io.BytesIO()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every field set in a font of its own
    try:
        writer = PdfWriter(io.BytesIO(content), incremental=True)
        for page in writer.pages:
            writer.update_page_form_field_values(page, dict(texts), auto_regenerate=True)
        writer.write(target)
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise RequirementError("The PDF's form cannot be written to.", mend="Fill it in by hand.") from error
    return target.getvalue()


def compare(before: bytes, after: bytes, texts: Mapping[str, str]) -> Proof:
    """Prove that the buyer's bytes stand unchanged, and that only the answered fields have new values.

    Raises
    ------
    RequirementError
        When anything else differs.
    """
    was, now = _values(before), _values(after)
    others = {name: value for name, value in was.items() if name not in texts}
    if not after.startswith(before) or {n: v for n, v in now.items() if n not in texts} != others:
        raise RequirementError(
            "More than the answers would have changed in the buyer's PDF.", mend="The file was not made; keep theirs."
        )
    changed = sum(was.get(name) != value for name, value in now.items())
    rows = [
        ("the buyer's bytes", len(before), "identical", 0, hashlib.sha256(before).hexdigest()),
        ("what was added", len(after) - len(before), "answers only", changed, hashlib.sha256(after).hexdigest()),
    ]
    return Proof(pl.DataFrame(rows, schema=PARTS, orient="row"), changed, 1, "form fields")


def _values(content: bytes) -> dict[str, str]:
    from pypdf import PdfReader

    fields = PdfReader(io.BytesIO(content)).get_fields() or {}
    return {name: str(field.get("/V", "") or "") for name, field in fields.items()}
