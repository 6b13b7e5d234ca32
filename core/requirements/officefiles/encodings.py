"""Bytes into text: UTF-8 and UTF-16 with or without mark, Shift-JIS, Windows-1252 and what else looks likely."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from core.contracts.errors import RequirementError

LOOKED_AT = 200_000
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
SHOWN = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp932": "Shift-JIS",
    "cp1252": "Windows-1252",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
    "mac_roman": "Mac Roman",
    "gb18030": "GB 18030",
}
WESTERN = 0.3
DOUBTFUL, NEXT = 0.7, 0.95
PUNCTUATION = frozenset("‘’‚“”„–—…•«»€£°§©®™·×¿¡ºª\xa0")
# The letters each encoding is used for; what else its bytes give there is unlikely.
LETTERS = {
    "cp1252": frozenset("äöüÄÖÜßéèêëÉÈÀàâçÇùûôîïœæÆñÑáíóúÁÍÓÚãõÃÕåÅøØìòýþðÞÐ") | PUNCTUATION,
    "mac_roman": frozenset("äöüÄÖÜßéèêëÉàâçÇùûôîïœæñÑáíóúãõåÅøìò") | PUNCTUATION,
    "cp1250": frozenset("äöüÄÖÜßąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰăâîșțşţ") | PUNCTUATION,
}
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\uf8ff\ufffe\uffff]")
KANA = re.compile(r"[\u3041-\u30ff]")
CYRILLIC_WORD = re.compile(r"[А-Яа-яЁё]{3,}")
COMMON_CHINESE = frozenset(
    "的一是不了在人有我他这中大来上国和地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
)


@dataclass(frozen=True)
class Decoded:
    """The text of a file and how its bytes said it.

    Attributes
    ----------
    text : str
        Without the mark.
    encoding : str
        As Python names it.
    mark : bytes
        The byte order mark the file begins with; empty where it has none.
    doubts : tuple of str
        What makes the encoding doubtful, in sentences.
    """

    text: str
    encoding: str
    mark: bytes = b""
    doubts: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Name the encoding as people do."""
        return SHOWN.get(self.encoding, self.encoding)


def decode(content: bytes, title: str = "") -> Decoded:
    """Return the text of a file.

    A mark decides; else UTF-16 shows by its zero bytes, UTF-8 by fitting, Shift-JIS by its kana, Cyrillic
    and Chinese by their words; a file of mostly Latin letters is Windows-1252.

    Parameters
    ----------
    content : bytes
    title : str
        The file's name, for the error.

    Raises
    ------
    RequirementError
        When the file is no text.
    """
    for mark, name in MARKS:
        if content.startswith(mark):
            return Decoded(content[len(mark) :].decode(name, errors="replace"), name, mark)
    name = _wide(content) or ""
    if not name:
        if b"\x00" in content[:10_000]:
            raise RequirementError("This file is not text.", title, "Export the list as CSV or XLSX.")
        name = _narrow(content)
    doubts = _doubts(content[:LOOKED_AT], name) if name in LETTERS else ()
    return Decoded(content.decode(name, errors="replace"), name, doubts=doubts)


def _wide(content: bytes) -> str | None:
    """Tell UTF-16 without mark: its Latin letters and line ends leave zeros at every second byte only."""
    head = content[:LOOKED_AT]
    if len(head) < 4 or len(content) % 2:
        return None
    even, odd = (head[start::2].count(0) / (len(head) / 2) for start in (0, 1))
    wide = "utf-16-le" if odd > 0.02 and odd > 4 * even else "utf-16-be" if even > 0.02 and even > 4 * odd else None
    text = _tried(head, wide) if wide else ""
    return wide if text and not CONTROL.search(text) else None


def _narrow(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(content[:LOOKED_AT])
    return "utf-8"


def _legacy(head: bytes) -> str:
    strange = sum(byte > 0x7F for byte in head)
    japanese = _tried(head, "cp932")
    kana = len(KANA.findall(japanese))
    if kana >= 2 and kana >= 0.15 * sum(ord(c) > 0x7F for c in japanese):
        return "cp932"
    letters = strange + sum(chr(byte).isalpha() for byte in head if byte < 0x80)
    if strange < WESTERN * letters:
        fits = _fits(head)
        return max(fits, key=lambda name: fits[name])
    russian = _tried(head, "cp1251")
    if sum(len(word) for word in CYRILLIC_WORD.findall(russian)) > 0.7 * strange:
        return "cp1251"
    chinese = _tried(head, "gb18030")
    if sum(c in COMMON_CHINESE for c in chinese) > 0.03 * strange / 2:
        return "gb18030"
    import charset_normalizer

    best = charset_normalizer.from_bytes(head).best()
    return best.encoding if best else "cp1252"


def _fits(head: bytes) -> dict[str, float]:
    """Return per encoding of Latin letters which share of the signs beyond ASCII it makes likely ones.

    A sign of punctuation inside a word is unlikely, whatever it is; of equal ones the first is taken.
    """
    fits = {}
    for name, letters in LETTERS.items():
        text = head.decode(name, errors="replace")
        strange = [index for index, sign in enumerate(text) if ord(sign) > 0x7F]
        likely = sum(text[i] in letters and not _splits_word(text, i) for i in strange)
        fits[name] = likely / len(strange) if strange else 1.0
    return fits


def _splits_word(text: str, index: int) -> bool:
    """Say whether a sign that is no letter stands between small letters; an apostrophe and a hard space may."""
    if text[index].isalpha() or text[index] in "’\xa0·":
        return False
    return text[index - 1 : index].islower() and text[index + 1 : index + 2].islower()


def _doubts(head: bytes, name: str) -> tuple[str, ...]:
    """Say that an encoding was guessed, where it is a rare one, fits badly, or another one fits about as well."""
    fits = _fits(head)
    shown = SHOWN[name]
    if fits[name] < DOUBTFUL:
        return (f"Its encoding is doubtful; it was read as {shown}. Look whether letters with accents are right.",)
    others = [SHOWN[n] for n, fit in fits.items() if n != name and fit >= NEXT * fits[name] and _differs(head, n, name)]
    if others:
        return (
            f"Its encoding may be {shown} or {' or '.join(others)}; {shown} was taken. Look at letters with accents.",
        )
    return (f"It was read as {shown}, as its letters tell.",) if name != "cp1252" else ()


def _differs(head: bytes, first: str, other: str) -> bool:
    return head.decode(first, errors="replace") != head.decode(other, errors="replace")


def _tried(head: bytes, name: str) -> str:
    """Decode, allowing for a character cut in two at the end; empty where the bytes do not fit."""
    try:
        return codecs.getincrementaldecoder(name)().decode(head)
    except UnicodeDecodeError:
        return ""
