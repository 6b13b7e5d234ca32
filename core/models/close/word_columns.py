"""What the close model learns from: words that many deals share, nothing that names a deal or gives it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from core.features import deals
from core.localization import message
from core.models.estimators import target_leakage
from core.models.estimators.landmark_classifier import encode

MOST_WORDS = 60
NAMING_SHARE = 0.5


def columns(marks: pl.DataFrame) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the features of landmarks, the words of those that hold words, and what of them is left out.

    Every word becomes a column of the learner, so that a free text would make as many as there are deals: a column of
    words that nearly every deal has for itself is left out, and of many words those that most deals share are learnt.

    Parameters
    ----------
    marks : pl.DataFrame
        As `features.deals.ends`.

    Returns
    -------
    names : tuple of str
    words : dict
        Name -> its words, in order; a deal with another word counts as one whose word is not known. A column of the
        contract that is left out has none.
    cut : dict
        Name -> why words of it, or all of them, are left out.
    """
    own = [name for name in marks.columns if name.startswith(deals.OWN)]
    spoken = [*deals.CATEGORIES, *(name for name in own if marks.schema[name] == pl.String)]
    words: dict[str, tuple[str, ...]] = {}
    cut: dict[str, str] = {}
    for name in spoken:
        counts = _deals_by_word(marks, name)
        words[name], why = _learnt(name, counts, is_own=name in own)
        if why:
            cut[name] = why
    dropped = {name for name in cut if name in own}
    names = tuple(n for n in (*deals.NUMBERS, *deals.CATEGORIES, *own) if n not in dropped)
    return names, {name: listed for name, listed in words.items() if name not in dropped}, cut


def _learnt(name: str, counts: pl.DataFrame, is_own: bool) -> tuple[tuple[str, ...], str]:
    """Return the words of a column that are learnt, and why others are not; a column without words says nothing."""
    n_words, n_deals = counts.height, int(counts["n"].sum())
    if n_words <= MOST_WORDS:
        return tuple(sorted(counts[name].to_list())), ""
    if is_own or n_words > NAMING_SHARE * n_deals:
        return (), message(
            "it holds {n_words:,} different words in {n_deals:,} deals", n_words=n_words, n_deals=n_deals
        )
    top = counts.filter(pl.col("n") > 1).head(MOST_WORDS)
    return tuple(sorted(top[name].to_list())), message(
        "all but the {height} commonest of its {n_words:,} words", height=top.height, n_words=n_words
    )


def _deals_by_word(marks: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return [word, n]: how many deals have each word of a column, the commonest first."""
    pairs = marks.select("opportunity_id", pl.col(name).cast(pl.String)).drop_nulls().unique()
    return pairs.group_by(name).len("n").sort("n", name, descending=[True, False])


def unfit(marks: pl.DataFrame, names: Sequence[str], words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Say which of the company's own columns are not learnt from, and why.

    Columns that hold nothing, and those that give the outcome away: filled in, or changed, when a deal ends, as deals
    that are still open show.
    """
    own = [name for name in names if name.startswith(deals.OWN)]
    out = {name: "nothing is filled in" for name in own if marks[name].null_count() == marks.height}
    rest = [name for name in names if name not in out]
    ended = marks.filter(pl.col("end_days").is_not_null()).sort("as_of", maintain_order=True)
    cut = ended.height * 2 // 3
    if len(out) == len(own) or not cut:
        return out
    target = ended["is_won"].cast(pl.Float64).to_numpy()
    coded = {rest.index(name): len(words[name]) for name in rest if name in words}
    rows = np.arange(ended.height)
    still_open = marks.filter(pl.col("end_days").is_null()).unique("opportunity_id", keep="last", maintain_order=True)
    open_rows = encode(still_open, rest, words)
    splits = [(rows[:cut], rows[cut:])]
    leaking = target_leakage.find(encode(ended, rest, words), target, rest, coded, splits, open_rows)
    return out | {
        row["column"]: message("it gives the outcome away: {why}", why=row["why"])
        for row in leaking
        if row["column"] in own
    }
