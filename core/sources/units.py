"""Units that a header says of its column: thousands or millions, and the currency."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.artifacts import SNAPSHOTS, memoized
from core.localization import joined, message
from core.sources.money_words import CODES, FACTORS, NAMES, SYMBOLS

TAIL = re.compile(
    r"^(?P<name>.+?)\s*(?:[(\[](?P<inside>[^()\[\]]+)[)\]]|[\s,–-]+in\s+(?P<after>.+))\s*$", re.IGNORECASE
)
LAST = re.compile(r"^(?P<name>.+?)[\s_-]+(?P<last>[^\s_-]+)$")
MORE = {
    **dict.fromkeys(("000", "000s", "'000", "'000s", "000's", "1000", "1.000", "1,000", "t"), 1e3),
    **dict.fromkeys(("thousands", "tausend", "tausender"), 1e3),
    **dict.fromkeys(("ks", "tds", "milliers", "miles", "migliaia", "milhares"), 1e3),
    **dict.fromkeys(("millionen", "millones", "milioni", "milhões", "ms"), 1e6),
}
CODE_WORDS = ("ALL", "TRY", "CUP", "MAD", "BAM", "COP", "GEL", "PEN", "LAK", "MOP")  # Codes that are words, too.
IDLE = ("of", "de", "local", "currency", "in", "the")


@dataclass(frozen=True)
class Unit:
    """What a header says beside its name.

    Attributes
    ----------
    name : str
        The header without it.
    factor : float
        What one in the column stands for.
    currency : str
        ISO code; empty where it says none.
    """

    name: str
    factor: float = 1.0
    currency: str = ""

    def sentence(self, header: str) -> str:
        """Say how the column is read."""
        parts = ([message("times {factor:,.0f}", factor=self.factor)] if self.factor != 1 else []) + (
            [message("in {currency} where no cell says otherwise", currency=self.currency)] if self.currency else []
        )
        return message("{header} is read {parts}, as its header says", header=header, parts=joined(*parts, by=" and "))


@memoized(SNAPSHOTS, 5_000)
def unit_of(header: str) -> Unit | None:
    """Return the unit in a header; None where it says none, or something else than units.

    Examples
    --------
    >>> unit_of("Amount (k€)")
    Unit(name='Amount', factor=1000.0, currency='EUR')
    >>> unit_of("Betrag in TEUR"), unit_of("amount_usd").currency, unit_of("Amount (net)"), unit_of("Deal in CRM")
    (Unit(name='Betrag', factor=1000.0, currency='EUR'), 'USD', None, None)
    """
    if match := TAIL.match(header):
        inside = match["inside"] or match["after"]
        return _unit(match["name"], inside)
    match = LAST.match(header)
    last = match["last"] if match else ""
    pair = _meaning(last) if len(last) > 1 else None
    is_scaled = pair is not None and pair[0] != 1 and bool(pair[1])
    if match and (is_scaled or last in SYMBOLS or (last.upper() in CODES and last.upper() not in CODE_WORDS)):
        return _unit(match["name"], match["last"])
    return None


def _unit(name: str, text: str) -> Unit | None:
    factor, currency = 1.0, ""
    for word in re.split(r"[\s/,;]+", text.strip()):
        meaning = _meaning(word)
        if meaning is None:
            return None
        factor *= meaning[0]
        currency = currency or meaning[1]
    return Unit(name.strip(" ,–-"), factor, currency) if factor != 1 or currency else None


def _meaning(word: str) -> tuple[float, str] | None:
    """Return the factor and the currency a word stands for; None where it stands for neither."""
    low = word.lower().rstrip(".")
    if low in IDLE or not low:
        return 1.0, ""
    if low in NAMES:
        return 1.0, NAMES[low]
    whole = _plain(word) or _plain(low)
    pairs = ((_plain(word[:size]), _plain(word[size:])) for size in range(1, len(word)))
    return whole or next((_product(a, b) for a, b in pairs if a and b and bool(a[1]) != bool(b[1])), None)


def _product(first: tuple[float, str], second: tuple[float, str]) -> tuple[float, str]:
    return first[0] * second[0], first[1] or second[1]


def _plain(word: str) -> tuple[float, str] | None:
    """Return what a part of a word such as TEUR or $k stands for."""
    low = word.lower()
    if word.upper() in CODES or word in SYMBOLS:
        return 1.0, SYMBOLS.get(word, word.upper())
    return (MORE.get(low) or FACTORS[low], "") if low in FACTORS or low in MORE else None
