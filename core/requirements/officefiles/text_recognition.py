"""The words on a scanned page, where the optional extra `ocr` is installed."""

from __future__ import annotations

from typing import Any

from core.requirements.officefiles.pdf_page import Sheet, Word

DOTS = 200
POINTS = 72
SURE = 30.0


def words(page: Any, sheet: Sheet) -> list[Word] | None:
    """Return the words recognised on a page; None where no recognition is installed.

    Parameters
    ----------
    page : pypdfium2.PdfPage
    sheet : Sheet
        The page as read, for its height: words stand in points from its lower left corner.
    """
    try:
        import pytesseract
    except ImportError:
        return None
    scale = DOTS / POINTS
    try:
        image = page.render(scale=scale).to_pil()
        seen = pytesseract.image_to_data(image, output_type=pytesseract.Output.DICT)
    except (pytesseract.TesseractNotFoundError, pytesseract.TesseractError, OSError):
        return None
    boxes = zip(seen["text"], seen["left"], seen["top"], seen["width"], seen["height"], seen["conf"], strict=True)
    return [
        Word(
            text.strip(),
            left / scale,
            sheet.height - (top + high) / scale,
            (left + wide) / scale,
            sheet.height - top / scale,
        )
        for text, left, top, wide, high, sure in boxes
        if text.strip() and float(sure) >= SURE
    ]
