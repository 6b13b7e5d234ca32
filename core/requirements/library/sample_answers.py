"""The answer library of the sample company: put together from its catalogue and its buyers' wordings."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from core.contracts import Dataset
from core.localization import joined, message
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge import limits
from core.requirements.library import answer_edition
from core.requirements.library.answer_edition import APPROVED, DRAFT, SHAPE
from core.requirements.text.classification import CATEGORIES
from core.requirements.work import sample_lists
from core.sources import sample_titles

SEED = 29
SOURCE, APPROVER = "Answers the sample company gave", "Bid desk"
ANSWERED = ("available", "limited", "partner")
# Most answers are approved; the others wait, as they do in a library that is lived in.
APPROVED_SHARE = 0.85
OLDEST_DAYS = 420
OPENINGS = {
    "available": "Yes. {name} is part of the product.",
    "limited": "Yes, with a limit. {name} is part of the product.",
    "partner": "Yes, together with a partner. {name} is delivered with a partner's product, under one contract.",
}


def answers(dataset: Dataset, catalogue: Catalogue) -> pl.DataFrame:
    """Return the library of the sample company; none for other data.

    Always the same for the same company: for every way a buyer words a capability that is offered, or its name where
    none does, the answer its description, limits and commitments give, with an owner, a day of review and mostly an
    approval. Where a buyer asks for more than is committed, there is none.

    Parameters
    ----------
    dataset : Dataset
    catalogue : Catalogue

    Returns
    -------
    pl.DataFrame
        As `answer_edition.Library.frame`; version 0, saved at the day of the data.
    """
    if not sample_titles.is_sample(dataset.company.source):
        return answer_edition.nothing()
    facts = {row["capability_id"]: row for row in catalogue.frame.iter_rows(named=True)}
    wordings = sample_lists.buyer_wordings()
    stated = limits.stated(catalogue.frame.to_dicts())
    rows = [
        _answer(question, capability, dataset.company.as_of)
        for key, capability in facts.items()
        if capability["status"] in ANSWERED and capability["category"] in CATEGORIES
        for question in wordings.get(key) or [message("Do you offer this: {name}?", name=capability["name"])]
        if all(comparison.verdict == "met" for comparison in limits.compare(question, capability, stated))
    ]
    return pl.DataFrame(rows, schema=SHAPE, orient="row").unique("answer_id", maintain_order=True)


def _answer(question: str, capability: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    dice = random.Random(f"{SEED} {question}")
    state = APPROVED if dice.random() < APPROVED_SHARE else DRAFT
    read_on = as_of - timedelta(days=dice.randint(5, OLDEST_DAYS))
    category = str(capability["category"])
    return {
        **dict.fromkeys(SHAPE),
        "answer_id": answer_edition.new_id(question),
        "question": question,
        "answer": _text(capability),
        "detail": message("Limit: {limit}.", limit=capability["limit"]) if capability["limit"] else None,
        "evidence": capability["evidence"],
        "tags": f"{category}; {capability['owner'] or 'Product'}",
        "product": "Applications" if category == "functional" else "Platform",
        "language": "English",
        "category": category,
        "capability_id": capability["capability_id"],
        "owner": capability["owner"] or "Product",
        "source": SOURCE,
        "reviewed_on": read_on,
        "state": state,
        "written_by": capability["owner"] or "Product",
        "approved_by": APPROVER if state == APPROVED else None,
        "approved_on": read_on if state == APPROVED else None,
        "version": 0,
        "author": capability["owner"] or "Product",
        "saved_at": datetime.combine(read_on, time()),
    }


def _text(capability: Mapping[str, Any]) -> str:
    """Return how a capability is provided, with its exception; its description where the catalogue says no more."""
    if not capability["how"]:
        sentences = [OPENINGS[capability["status"]].format(name=capability["name"]), capability["description"]]
        if capability["commitments"]:
            sentences.append(message("We commit to: {commitments}", commitments=capability["commitments"]))
    else:
        opening = "Yes." if capability["status"] == "available" else "Partly."
        sentences = [opening, capability["how"], capability["exception"]]
    return joined(*(f"{str(sentence).rstrip('.')}." for sentence in sentences if sentence))
