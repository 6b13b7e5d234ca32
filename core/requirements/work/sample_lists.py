"""The requirement lists that come with Quarterdeck, and those the sample company's deals have."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl

from core import yaml_text
from core.config import load
from core.contracts import Dataset
from core.localization import message
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.work.gap_ledger import RequirementSet
from core.resources import industries, industry_file
from core.sources import sample_titles

FOLDER, WORDINGS = "requirements", "buyer_wordings.yaml"
N_OPEN, N_WON, N_LOST = 14, 16, 20
ROWS_PER_LIST = (22, 40)
LEAST_AMOUNT = 20_000.0
PRIORITIES = {"critical": 30, "high": 35, "medium": 25, "low": 10}
SEED = 11


def lists() -> dict[str, Path]:
    """Return the lists shipped for the industry of the settings by a readable name; empty where there is no folder.

    Examples
    --------
    >>> list(lists())[:2]
    ['Meridian RFP', 'Harbour Questionnaire']
    """
    folder = industry_file(load().demo.industry, FOLDER)
    paths = sorted(p for p in folder.glob("*") if p.suffix in (".csv", ".tsv", ".xlsx"))
    paths.sort(key=lambda p: (p.suffix != ".csv", p.stem != "meridian_rfp"))
    return {p.stem.replace("_", " ").title().replace("Rfp", "RFP"): p for p in paths}


def sets(dataset: Dataset, catalogue: Catalogue) -> list[RequirementSet]:
    """Return the lists that hang on the sample company's deals; none for other data.

    Put together from wordings of buyers, always the same for the same company, whoever looks: lists of its largest
    open deals beyond discovery, and of its latest deals won and lost. Lost deals asked for a little more that is
    missing; this is planted, and part of the sample.

    Parameters
    ----------
    dataset : Dataset
        A part of the company has the lists of its own deals; where names are hidden, under its names.
    catalogue : Catalogue
        Gives each wording its category; a wording whose capability it does not hold is left out.
    """
    company = dataset.company
    if not sample_titles.is_sample(company.source):
        return []
    facts = {row["capability_id"]: row for row in catalogue.frame.iter_rows(named=True)}
    words = {key: lines for key, lines in buyer_wordings().items() if key in facts}
    if not words:
        return []
    ready = {key: facts[key]["status"] == "available" for key in words}
    kinds = {key: str(facts[key]["category"]) for key in words}
    made = [_put_together(deal, words, ready, kinds, lost=lost) for deal, lost in _deals(company)]
    return made if dataset is company else _shown(made, dataset)


def _shown(made: list[RequirementSet], dataset: Dataset) -> list[RequirementSet]:
    """Return the lists of the deals in some data, by the ids and names these data show."""
    whole, company = dataset.whole or dataset, dataset.company
    ids = dict(zip(company.opportunities["opportunity_id"], whole.opportunities["opportunity_id"], strict=True))
    names = dataset.accounts.select("account_id", "account_name")
    rows = dataset.opportunities.select("opportunity_id", "account_id").join(names, on="account_id", how="left")
    buyers = dict(rows.select("opportunity_id", "account_name").iter_rows())
    out = []
    for requirement_set in made:
        deal = ids[requirement_set.opportunity_id]
        if deal in buyers:
            out.append(replace(requirement_set, name=f"RFP of {buyers[deal] or deal}", opportunity_id=deal))
    return out


@cache
def buyer_wordings() -> dict[str, list[str]]:
    """Return the wordings of all industries by capability; no two share an id."""
    files = (industry_file(industry, WORDINGS) for industry in industries())
    lines: dict[str, list[str]] = {}
    for path in files:
        lines |= yaml_text.parsed(path.read_text(encoding="utf-8")) if path.exists() else {}
    return lines


def _deals(dataset: Dataset) -> list[tuple[dict[str, str], bool]]:
    names = dataset.accounts.select("account_id", "account_name")
    rows = dataset.opportunities.join(names, on="account_id", how="left", maintain_order="left")
    rows = rows.filter((pl.col("amount") >= LEAST_AMOUNT) & (pl.col("opportunity_type") != "renewal"))
    early = pl.col("stage").is_in(["Prospecting", "Qualification"])
    by_size, by_day = ("amount", "opportunity_id"), ("close_on", "opportunity_id")
    is_closed, is_won = pl.col("is_closed"), pl.col("is_won")
    parts = [
        (rows.filter(~is_closed & ~early).sort(by_size, descending=[True, False]).head(N_OPEN), False),
        (rows.filter(is_closed & is_won).sort(by_day, descending=[True, False]).head(N_WON), False),
        (rows.filter(is_closed & ~is_won).sort(by_day, descending=[True, False]).head(N_LOST), True),
    ]
    return [
        (row, lost)
        for part, lost in parts
        for row in part.select("opportunity_id", "account_name").iter_rows(named=True)
    ]


def _put_together(
    deal: dict[str, str],
    words: dict[str, list[str]],
    ready: dict[str, bool],
    kinds: dict[str, str],
    *,
    lost: bool,
) -> RequirementSet:
    dice = random.Random(f"{SEED} {deal['opportunity_id']}")
    size = dice.randint(*ROWS_PER_LIST)
    chance = {key: 1.0 if ready[key] else 0.5 if lost else 0.3 for key in words}
    picked = sorted(sorted(words, key=lambda key: dice.random() ** (1 / chance[key]), reverse=True)[:size])
    rows = [
        (
            row_number,
            f"{kinds[key][:3].upper()}-{row_number - 1}",
            dice.choice(words[key]),
            kinds[key],
            dice.choices(list(PRIORITIES), list(PRIORITIES.values()))[0],
            key,
            1.0,
        )
        for row_number, key in enumerate(picked, start=2)
    ]
    shape = {
        "row": pl.Int64,
        "requirement_id": pl.String,
        "text": pl.String,
        "category": pl.String,
        "priority": pl.String,
        "capability_id": pl.String,
        "confidence": pl.Float64,
    }
    name = message("RFP of {account_name}", account_name=deal["account_name"] or deal["opportunity_id"])
    return RequirementSet(name, deal["opportunity_id"], pl.DataFrame(rows, schema=shape, orient="row"))
