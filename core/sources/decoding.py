"""Text of a file in whatever encoding it was written."""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Western encodings come first: of two equally likely ones the first is taken.
CANDIDATES = (
    "cp1252",
    "mac_roman",
    "cp1250",
    "cp850",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp932",
    "gb18030",
    "euc_kr",
    "big5",
)
USUAL = {
    "cp1252": "äöüßéèêëàâáçñíóúôîïåøæìòùõãÄÖÜÉÈÀÇÑÅØÆÁÍÓÚœ€–—’“”£°®™²½«»",
    "mac_roman": "äöüßéèêëàâáçñíóúôîïåøæìòùõãÄÖÜÉÈÀÇÑÅØÆœ€–—’“”£°®™«»",
    "cp850": "äöüßéèêëàâáçñíóúôîïåøæìòùÄÖÜÉÑÅØÆ£",
    "cp1250": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžýáéíúČĎŘŠŽőűŐŰâăîșțşţ€–",
    "cp1254": "çğıöşüÇĞİÖŞÜâî€",
}
SAMPLE_CHARS = 4_000


@dataclass(frozen=True)
class Decoded:
    """A file's text and the encoding it was read in.

    Attributes
    ----------
    text : str
    encoding : str
    is_sure : bool
        False where the encoding was chosen among several that would fit.
    """

    text: str
    encoding: str
    is_sure: bool


def decode(content: bytes) -> Decoded:
    """Decode bytes: by their mark, as UTF-8, else in the encoding that gives the most natural letters.

    Every line is decoded by one and the same encoding. Bytes an encoding does not know become U+FFFD.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return Decoded(content.decode(encoding, errors="replace"), encoding, True)
    if wide := _wide(content):
        return Decoded(content.decode(wide, errors="replace"), wide, True)
    try:
        return Decoded(content.decode("utf-8"), "utf-8", True)
    except UnicodeDecodeError:
        encoding = _likeliest(content)
        return Decoded(content.decode(encoding, errors="replace"), encoding, False)


def _wide(content: bytes) -> str | None:
    """Name UTF-16 without a mark by where its zero bytes stand."""
    head = content[:2_000]
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 0.4 * len(head) / 2 and even < odd / 4:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * len(head) / 2 and odd < even / 4 else None


def _likeliest(content: bytes) -> str:
    sample = _odd_parts(content)
    scores = {encoding: _naturalness(sample, encoding) for encoding in CANDIDATES}
    return max(CANDIDATES, key=lambda encoding: scores[encoding])


def _odd_parts(content: bytes) -> bytes:
    """Return the lines that hold bytes beyond ASCII, up to a few thousand bytes of them."""
    lines, size = [], 0
    for line in content.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > SAMPLE_CHARS:
                break
    return b"".join(lines)


def _naturalness(sample: bytes, encoding: str) -> float:
    try:
        text = sample.decode(encoding)
        penalty = 0.0
    except UnicodeDecodeError:
        text = sample.decode(encoding, errors="replace")
        penalty = 3.0 * text.count("\ufffd") + 3
    usual = USUAL.get(encoding, "")
    score, before = 0.0, " "
    for char, after in zip(text, [*text[1:], " "], strict=True):
        if char > "\x7f":
            score += _weight(char, before, after, usual)
        before = char
    odd = sum(c > "\x7f" for c in text) or 1
    return (score - penalty) / odd


def _weight(char: str, before: str, after: str, usual: str) -> float:
    """Weigh one character: a usual letter in a word speaks for an encoding, a sign inside a word against it."""
    kind = unicodedata.category(char)
    if kind in ("Cc", "Cn", "Co"):
        return -3
    if kind == "Sc" and not (before.isalpha() and after.isalpha()):
        return 2.0  # The sign of a currency stands beside amounts, a lone letter in its place does not.
    if before.isdigit() and after.isdigit():  # Thousands are grouped by a space that does not break, by nothing else.
        return 2.0 if kind == "Zs" else -2.0
    if kind[0] != "L":
        is_inside = before.isalpha() and after.isalpha()
        return -2 if is_inside else (0.5 if char in usual else -0.5)
    if char >= "\u0370":
        return _weight_of_other_scripts(char, before, after)
    score = 2.0 if char in usual else 0.0
    if before > "\x7f" and before.isalpha():
        score -= 2.5  # Latin words hold few letters beyond ASCII, and seldom two of them side by side.
    return score - (2 if char.isupper() and before.islower() else 0)


def _weight_of_other_scripts(char: str, before: str, after: str) -> float:
    """Weigh a letter that is not Latin; two scripts in one word speak against an encoding."""
    if char <= "\u04ff":
        if any(c.isascii() and c.isalpha() for c in (before, after)):
            return -2
        return (1.0 if before.isspace() or before.isalpha() else 0.5) + (0.5 if char.islower() else 0.0)
    is_hangul, was_hangul = "\uac00" <= char <= "\ud7af", "\uac00" <= before <= "\ud7af"
    is_sign, was_sign = "\u4e00" <= char <= "\u9fff", "\u4e00" <= before <= "\u9fff"
    mixed = 2.0 if (is_hangul and was_sign) or (is_sign and was_hangul) else 0.0
    if is_sign:
        return 1.2 - mixed
    return 1.5 - mixed if _is_syllabic(char) else 0.0


def _is_syllabic(char: str) -> bool:
    """Say whether a letter is kana or Hangul; half-width kana is what a wrong encoding gives."""
    return "\u3040" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7af"
