"""Words people wrote, with the names in them hidden as they are hidden in the data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from core.contracts import Dataset

KEPT, BUYER = "_redaction", "the buyer"
SHORTEST = 3  # letters of a name that is looked for in a text
SHORTEST_WORD = 4  # letters of the first word of a name that stands for the whole
FORMS = re.compile(
    r"[\s,]+(?:inc|ltd|llc|llp|plc|gmbh|ag|kg|se|sa|sas|sarl|srl|spa|bv|nv|ab|as|oy|corp|co|limited|group|holding|"
    r"holdings|corporation|company)\.?$",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{4,}")
SEPARATORS = re.compile(r"([:;,|@~/\s]+)")
COMMON = frozenset(
    "list lists requirement requirements questionnaire question questions rfp rfi rfq rfx tender final draft copy "
    "version security vendor supplier functional technical annex appendix export data offer bid response answers "
    "matrix with from first second national general american british german international global united company "
    "software service services systems system project file files sheet compliance assessment evaluation new".split()
)


@dataclass(frozen=True)
class Redaction:
    """What stands for what where names are hidden.

    Attributes
    ----------
    ids : mapping of str to str
        True ids of companies, people and deals to the invented ones.
    buyers : mapping of str to tuple of (str, str)
        True id of a deal to the true and the invented name of its account.
    names : mapping of str to str
        True names of companies, people and deals, in lower case, to the invented ones.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    buyers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _patterns(self) -> pl.Series:
        return pl.Series([name for name in self.names if len(name) >= SHORTEST], dtype=pl.String)

    def text(self, words: str, more: Mapping[str, str] | None = None) -> str:
        """Return a text with every name in it replaced; a part of a word is no name."""
        return self.texts([words], more)[0] or ""

    def texts(self, lines: Iterable[str | None], more: Mapping[str, str] | None = None) -> list[str | None]:
        """Return texts with the names in them replaced.

        Parameters
        ----------
        lines : iterable of str or None
            Null stays null.
        more : mapping of str to str, optional
            Further words to replace, as they are written, before the names.
        """
        column = pl.Series(list(lines), dtype=pl.String)
        own = {word.lower(): name for word, name in (more or {}).items()}
        lowered = column.drop_nulls().str.to_lowercase()
        matches = lowered.str.extract_many(self._patterns.implode(), overlapping=True).explode().drop_nulls().unique()
        spoken = {name: self.names[name] for name in matches} | own
        if not spoken:
            return list(column)
        longest = sorted(spoken, key=len, reverse=True)
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE)
        return [
            None if line is None else pattern.sub(lambda match: spoken[match.group().lower()], line) for line in column
        ]

    def values(self, content: Any, more: Mapping[str, str] | None = None) -> Any:
        """Return what JSON can hold with the names in all of its texts replaced, and ids."""
        if isinstance(content, str):
            return self.ids.get(content) or self.text(content, more)
        if isinstance(content, Mapping):
            return {key: self.values(value, more) for key, value in content.items()}
        return [self.values(value, more) for value in content] if isinstance(content, (list, tuple)) else content

    def address(self, value: str) -> str:
        """Return a value of an address, such as "R012" or "deal_won:1@deal:006A", with true ids replaced."""
        return "".join(self.ids.get(part, part) for part in SEPARATORS.split(value))

    def list_words(self, name: str, deal: str | None) -> dict[str, str]:
        """Return what else stands for the buyer of a requirement list: words of its name and of the account's.

        Parameters
        ----------
        name : str
            What the list is called.
        deal : str or None
            The true id of its deal.
        """
        account, invented = self.buyers.get(deal or "", ("", BUYER))
        bare = FORMS.sub("", account)
        first = bare.split(" ")[0]
        parts = [account, bare, first if len(first) >= SHORTEST_WORD else ""]
        own = [word for word in WORD.findall(name) if word[0].isupper()]
        return {word: invented for word in (*parts, *own) if word and word.lower() not in COMMON}


def of(shown: Dataset) -> Redaction:
    """Return what stands for what in data with hidden names.

    Parameters
    ----------
    shown : Dataset
        The rows of both stand in one order. Nothing is replaced where no names are hidden.
    """
    if not shown.is_masked:
        return Redaction()
    # Kept with the data it is of, as a cached property would be: it goes when they go.
    names: Redaction | None = shown.__dict__.get(KEPT)
    if names is None:
        names = shown.__dict__[KEPT] = _built(shown)
    return names


def _built(shown: Dataset) -> Redaction:
    whole, true = shown.whole or shown, shown.company
    ids: dict[str, str] = {}
    for entity, column in (("sales_team", "rep_id"), ("accounts", "account_id"), ("opportunities", "opportunity_id")):
        ids |= dict(zip(true.frame(entity)[column], whole.frame(entity)[column], strict=True))
    true_names = dict(true.accounts.select("account_id", "account_name").iter_rows())
    invented = dict(zip(true.accounts["account_id"], whole.accounts["account_name"], strict=True))
    of_deal = true.opportunities.select("opportunity_id", "account_id").iter_rows()
    buyers = {deal: (true_names.get(account) or "", invented.get(account) or BUYER) for deal, account in of_deal}
    return Redaction(ids, buyers, _names(true, whole))


def _names(true: Dataset, whole: Dataset) -> dict[str, str]:
    columns = (("opportunities", "opportunity_name"), ("sales_team", "rep_name"), ("accounts", "account_name"))
    out: dict[str, str] = {}
    for entity, column in columns:
        pairs = zip(true.frame(entity)[column], whole.frame(entity)[column], strict=True)
        out |= {name.lower(): hidden or "hidden" for name, hidden in pairs if name}
    short = {FORMS.sub("", name): hidden for name, hidden in out.items()}
    beside = (
        ("contacts", "contact_name"),
        ("leads", "lead_name"),
        ("leads", "company"),
        ("users", "user_name"),
        ("course_completions", "learner_name"),
    )
    others = [name for entity, column in beside for name in true.frame(entity)[column] if name]
    return {name.lower(): "hidden" for name in others} | short | out
