"""Numbers, amounts and dates as a reader's locale writes them, by babel; English keeps the house look.

Sentences are worked out once for all readers, in English; the figures in them remember their numbers and are written
for the one who looks (`core.localization`), as tiles, tables, charts and captions are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from core.contracts.errors import ConfigError
from core.localization.messages import Figure, figure, message

if TYPE_CHECKING:
    from babel import Locale

ENGLISH = "en"
LEAST_CERTAIN, MOST_CERTAIN = 0.01, 0.99
SIZES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
NO_BREAK = "\u00a0"
SKELETON = {"%a": "EEE", "%A": "EEEE", "%d": "d", "%b": "MMM", "%B": "MMMM", "%m": "M", "%Y": "y"}
DIGITS = re.compile(r"^(?P<sign>[+ -])?(?P<comma>,)?(?:\.(?P<digits>\d+))?(?P<kind>[fdg%])?$")


def money(amount: float | None, currency: str = "USD", digits: int = 1, sign: bool = False) -> str:
    """Write an amount compactly; `digits` stand behind the point from a thousand up, a sign before the currency.

    Examples
    --------
    >>> money(12_400_000), money(-5_250, "EUR", digits=2), money(1_000_000, sign=True)
    ('USD 12.4 M', '-EUR 5.25 k', '+USD 1.0 M')
    """
    if amount is None:
        return message("no amount")
    size = _compact(abs(amount), digits)
    mark = "" if size == "0" else "-" if amount < 0 else "+" if sign else ""
    return figure("money", (amount, currency, digits, sign), f"{mark}{currency} {size}")


def compact(amount: float, digits: int = 1, sign: bool = False) -> str:
    """Write an amount as `money` does where its currency stands elsewhere.

    Examples
    --------
    >>> compact(12_400_000), compact(0.2, sign=True)
    ('12.4 M', '0')
    """
    return figure("compact", (amount, digits, sign), _compact(amount, digits, sign))


def _compact(amount: float, digits: int, sign: bool = False) -> str:
    plus = "+" if sign else ""
    for size, letter in SIZES:
        if abs(amount) >= size:
            return f"{amount / size:{plus},.{digits}f} {letter}"
    return f"{amount:{plus},.0f}" if abs(amount) >= 0.5 else "0"


def percent(rate: float | None, sign: bool = False) -> str:
    """Write a rate in [0, 1] as per cent; None has no number.

    Examples
    --------
    >>> percent(0.256), percent(0.1, sign=True)
    ('25.6 %', '+10.0 %')
    """
    if rate is None:
        return message("not known")
    return figure("percent", (rate, sign), f"{rate * 100:+.1f} %" if sign else f"{rate * 100:.1f} %")


def chance(rate: float | None) -> str:
    """Write a chance in [0, 1] in whole per cents, never as certain; None has no number.

    Examples
    --------
    >>> chance(0.6399), chance(0.996), chance(0.004), chance(0.0)
    ('64 %', 'over 99 %', 'under 1 %', '0 %')
    """
    if rate is None:
        return message("not known")
    if rate > MOST_CERTAIN:
        return figure("chance", (rate,), f"over {MOST_CERTAIN * 100:.0f} %")
    return figure("chance", (rate,), "under 1 %" if 0 < rate < LEAST_CERTAIN else f"{rate * 100:.0f} %")


def long_day(day: date) -> Figure:
    """Write a day in a sentence.

    Examples
    --------
    >>> long_day(date(2026, 5, 15))
    '15 May 2026'
    """
    return figure("day", (day,), f"{day.day} {day:%B %Y}")


@dataclass(frozen=True)
class Formats:
    """How one reader's locale writes numbers, amounts and dates.

    Attributes
    ----------
    locale : str
        A Unicode locale such as "de" or "pt_BR"; "en" is the house look. The English of a country has the house
        look for numbers and its own for dates.
    """

    locale: str = ENGLISH

    @property
    def language(self) -> str:
        """Return the language of the locale, such as "de"."""
        return self.locale.split("_")[0]

    @property
    def is_english(self) -> bool:
        """Say whether numbers have the house look."""
        return self.language == ENGLISH

    def money(self, amount: float | None, currency: str, digits: int = 1, sign: bool = False) -> str:
        """Write an amount compactly with the currency's code where the locale puts its sign; None has no number.

        Examples
        --------
        >>> Formats("de").money(12_400_000, "USD"), Formats("ja").money(12_400_000, "JPY")
        ('12,4\\xa0Mio.\\xa0USD', 'JPY\\xa01240万')
        """
        if amount is None:
            return "–"
        if self.is_english:
            return money(amount, currency, digits, sign)
        number = self.compact(amount, digits, sign)
        is_first = _locale(self.locale).currency_formats["standard"].pattern.lstrip("\u200e\u200f").startswith("¤")
        if not is_first:
            return f"{number}{NO_BREAK}{currency}"
        mark = number[0] if number[0] in "+-\u2212" else ""
        return f"{mark}{currency}{NO_BREAK}{number.removeprefix(mark)}"

    def compact(self, amount: float, digits: int = 1, sign: bool = False) -> str:
        """Write an amount as `money` does, without its currency.

        Examples
        --------
        >>> Formats("fr").compact(-5_250, digits=2), Formats("de").compact(5_250), Formats("de").compact(0.2)
        ('-5,25\\xa0k', '5.250', '0')
        """
        if self.is_english:
            return compact(amount, digits, sign)
        from babel import numbers

        plus = "+" if sign and amount >= 0.5 else ""
        short = numbers.format_compact_decimal(amount, locale=self.locale, fraction_digits=digits)
        has_unit = any(letter.isalpha() for letter in short)
        return plus + (short if has_unit else self.number(0.0 if abs(amount) < 0.5 else amount))

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with the locale's separators and so many digits behind the point.

        Examples
        --------
        >>> Formats().number(1234.5, 1), Formats("de").number(1234.5, 1)
        ('1,234.5', '1.234,5')
        """
        if self.is_english:
            return f"{value:,.{digits}f}"
        from babel import numbers

        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return numbers.format_decimal(value, format=pattern, locale=self.locale, decimal_quantization=True)

    def percent(self, rate: float | None, sign: bool = False) -> str:
        """Write a rate in [0, 1] as per cent; None has no number.

        Examples
        --------
        >>> Formats("de").percent(0.256), Formats("tr").percent(0.1, sign=True)
        ('25,6\\xa0%', '+%10,0')
        """
        if rate is None or self.is_english:
            return percent(rate, sign)
        from babel import numbers

        own = _locale(self.locale).percent_formats[None].pattern
        pattern = own.replace("#,##0", "#,##0.0").replace("#,##,##0", "#,##,##0.0")
        plus = "+" if sign and rate >= 0 else ""
        return plus + numbers.format_percent(rate, format=pattern, locale=self.locale)

    def chance(self, rate: float | None) -> str:
        """Write a chance in [0, 1] in whole per cents, never as certain; None has no number.

        Examples
        --------
        >>> Formats().chance(0.6399), Formats("de").chance(0.6399), Formats("de").chance(0.999)
        ('64 %', '64\\xa0%', '> 99\\xa0%')
        """
        if rate is None or self.is_english:
            return chance(rate)
        from babel import numbers

        mark = "> " if rate > MOST_CERTAIN else "< " if 0 < rate < LEAST_CERTAIN else ""
        shown = min(rate, MOST_CERTAIN) if rate >= LEAST_CERTAIN or rate <= 0 else LEAST_CERTAIN
        return mark + numbers.format_percent(round(shown, 2), locale=self.locale)

    def day(self, day: date) -> str:
        """Write a day.

        Examples
        --------
        >>> day = date(2026, 5, 15)
        >>> Formats().day(day), Formats("en_US").day(day), Formats("de").day(day)
        ('15 May 2026', 'May 15, 2026', '15. Mai 2026')
        """
        if self.locale == ENGLISH:
            return f"{day.day} {day:%B %Y}"
        from babel import dates

        return dates.format_date(day, "long", locale=self.locale)

    def month(self, day: date) -> str:
        """Write the month of a day.

        Examples
        --------
        >>> Formats().month(date(2026, 5, 1)), Formats("es").month(date(2026, 5, 1))
        ('May 2026', 'mayo de 2026')
        """
        if self.locale == ENGLISH:
            return f"{day:%B %Y}"
        from babel import dates

        return dates.format_skeleton("yMMMM", day, locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """Write a day and its time.

        Examples
        --------
        >>> Formats().moment(datetime(2026, 5, 15, 9, 30)), Formats("de").moment(datetime(2026, 5, 15, 9, 30))
        ('15 May 2026 09:30', '15. Mai 2026 09:30')
        """
        if self.locale == ENGLISH:
            return f"{self.day(moment)} {moment:%H:%M}"
        from babel import dates

        return f"{self.day(moment)} {dates.format_time(moment, 'short', locale=self.locale)}"

    def in_form(self, day: date, form: str) -> str:
        """Write a day or a moment that a sentence writes in a form of `strftime`, with the same parts of it.

        Examples
        --------
        >>> Formats("de").in_form(date(2026, 5, 1), "%d %B"), Formats("es").in_form(date(2026, 5, 1), "%B %Y")
        ('1. Mai', 'mayo de 2026')
        """
        if self.is_english or not form:
            return format(day, form) if form else str(day)
        from babel import dates

        skeleton = "".join(
            SKELETON.get(code, "") for code in ("%a", "%A", "%d", "%b", "%B", "%m", "%Y") if code in form
        )
        parts = [dates.format_skeleton(skeleton, day, locale=self.locale)] if skeleton else []
        if "%H" in form and isinstance(day, datetime):
            parts.append(dates.format_time(day, "medium" if "%S" in form else "short", locale=self.locale))
        return " ".join(parts) or format(day, form)

    def in_digits(self, value: float, form: str) -> str:
        """Write a number that a sentence writes in a form of `format`, with the same digits behind the point.

        Examples
        --------
        >>> Formats("de").in_digits(1234.5, ",.1f"), Formats("es").in_digits(0.256, ".0%")
        ('1.234,5', '26\\xa0%')
        """
        match = DIGITS.match(form)
        if self.is_english or match is None or isinstance(value, bool):
            return format(value, form)
        from babel import numbers

        if match["kind"] == "g" or (not match["kind"] and match["digits"] is None and isinstance(value, float)):
            return numbers.format_decimal(
                value, format="#,##0.######" if match["comma"] else "0.######", locale=self.locale
            )
        digits = f".{'0' * int(match['digits'])}" if match["digits"] and int(match["digits"]) else ""
        whole = "#,##0" if match["comma"] else "0"
        plus = "+" if match["sign"] == "+" and value >= 0 else ""
        if match["kind"] == "%":
            own = _locale(self.locale).percent_formats[None].pattern
            pattern = own.replace("#,##0", f"{whole}{digits}").replace("#,##,##0", f"{whole}{digits}")
            return plus + numbers.format_percent(value, format=pattern, locale=self.locale)
        return plus + numbers.format_decimal(value, format=f"{whole}{digits}", locale=self.locale)

    def vega(self) -> Mapping[str, Any] | None:
        """Return the locale as a chart's configuration takes it; None for the English of charts themselves."""
        return None if self.is_english else _vega(self.locale)


def chosen(setting: str, browser: str | None) -> Formats:
    """Return the formats in force: of the setting, else of the browser's first language, else English.

    Parameters
    ----------
    setting : str
        A locale such as "de" or "pt-BR"; empty for none.
    browser : str or None
        As the browser names it; one that is not known is English.

    Raises
    ------
    ConfigError
        When the setting is no known locale.
    """
    if setting:
        return Formats(checked(setting))
    try:
        return Formats(checked(browser or ENGLISH))
    except ConfigError:
        return Formats()


@cache
def checked(name: str) -> str:
    """Return a locale's name as babel writes it.

    Raises
    ------
    ConfigError
        When there is no such locale.
    """
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(name.replace("-", "_"), resolve_likely_subtags=True))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise ConfigError(
            f"The locale {name!r} is not known.", "locale", "Write a language, or language and country, such as de-AT."
        ) from error


@cache
def _locale(name: str) -> Locale:
    from babel import Locale

    return Locale.parse(name)


@cache
def _vega(name: str) -> Mapping[str, Any]:
    """Return a locale as d3 takes it; its sizes (k, M) stay those of SI."""
    from babel import numbers

    locale = _locale(name)
    months, days = locale.months["format"], locale.days["format"]
    week = (6, 0, 1, 2, 3, 4, 5)  # d3 begins with Sunday, babel with Monday
    periods = locale.day_periods["format"]["abbreviated"]
    return {
        "number": {
            "decimal": numbers.get_decimal_symbol(name),
            "thousands": numbers.get_group_symbol(name),
            "grouping": [3],
            "currency": ["", ""],
            "minus": numbers.get_minus_sign_symbol(name),
        },
        "time": {
            "dateTime": "%x %X",
            "date": "%d.%m.%Y" if "." in locale.date_formats["short"].pattern else "%d/%m/%Y",
            "time": "%H:%M",
            "periods": [periods.get("am", "AM"), periods.get("pm", "PM")],
            "days": [days["wide"][k] for k in week],
            "shortDays": [days["abbreviated"][k] for k in week],
            "months": [months["wide"][k] for k in range(1, 13)],
            "shortMonths": [months["abbreviated"][k] for k in range(1, 13)],
        },
    }
