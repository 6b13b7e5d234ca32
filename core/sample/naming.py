"""Names of the sample's companies, which fit industry and country, and of its deals, which say what is sold to whom."""

from __future__ import annotations

import numpy as np

from core.sample.deal_book import DealBook
from core.sample.deal_life import RENEWAL
from core.sample.word_lists import COUNTRIES, HEADS, Vocabulary

LOCAL_RATE, FORM_RATE = 0.45, 0.35


def account_names(
    rng: np.random.Generator, words: Vocabulary, industries: list[str], regions: list[str], countries: list[str]
) -> list[str]:
    """Draw a name for every account, no two alike.

    Parameters
    ----------
    rng : numpy.random.Generator
    words : Vocabulary
    industries, regions, countries : list of str
        One entry per account.

    Returns
    -------
    list of str
        A first word, often of the country, an end that fits the industry, and at times the form a company has
        there; once the words run out, a number is added.
    """
    taken: set[str] = set()
    names = []
    for industry, region, country in zip(industries, regions, countries, strict=True):
        local = COUNTRIES[region][country]
        heads = local["heads"] if rng.random() < LOCAL_RATE else HEADS
        tails = words.industries[industry]
        stem = _free(rng, heads, tails, taken)
        names.append(f"{stem} {local['form']}" if rng.random() < FORM_RATE else stem)
    return names


def _free(rng: np.random.Generator, heads: list[str], tails: list[str], taken: set[str]) -> str:
    for _ in range(4):
        stem = f"{heads[rng.integers(len(heads))]} {tails[rng.integers(len(tails))]}"
        if stem not in taken:
            taken.add(stem)
            return stem
    first = str(HEADS[rng.integers(len(HEADS))])
    for turn in range(2, 10_000):
        second = HEADS[(HEADS.index(first) + turn) % len(HEADS)]
        stem = f"{first} {second} {tails[turn % len(tails)]}" + (f" {turn}" if turn > len(HEADS) else "")
        if stem not in taken:
            break
    taken.add(stem)
    return stem


def deal_names(names: list[str], book: DealBook, rows: np.ndarray, words: Vocabulary) -> list[str]:
    """Return the names of some deals, such as "Acme Bank, Signal for 120 seats".

    Parameters
    ----------
    names : list of str
        Of the accounts.
    book : DealBook
    rows : numpy.ndarray
        The deals to name.
    words : Vocabulary
    """
    out = []
    columns = (book.account[rows], book.product[rows], book.amount[rows], book.kind[rows])
    for account, product, amount, kind in zip(*(c.tolist() for c in columns), strict=True):
        name, _, _, _, unit_price = words.products[product]
        units = max(5, round(amount / unit_price))
        what = f"{name.split()[0]} renewal" if kind == RENEWAL else name.split()[0]
        out.append(f"{names[account]}, {what} for {units:,} {words.unit}")
    return out
