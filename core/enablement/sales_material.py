"""Sales material: the battlecard, the one-pager and the deck, from what the catalogue and the ledger say."""

from __future__ import annotations

import polars as pl

from core.enablement.document import Block, Paper, bullets, heading, table
from core.enablement.rules import rules
from core.enablement.training import Training
from core.localization import message

WHOLE = "What buyers ask for, what you get today, and what comes next"
TELL = "Tell us what you need it for."
ROADMAP = ("name", "available_on", "capability_id")


def battlecard(gaps: pl.DataFrame, capabilities: pl.DataFrame, training: Training, company: str) -> Paper:
    """Return the battlecard: what wins, what to say of gaps, which numbers we commit to.

    Parameters
    ----------
    gaps : pl.DataFrame
        The gap ledger.
    capabilities : pl.DataFrame
        The catalogue.
    training : Training
    company : str
    """
    most = rules()["most"]["gaps"]
    worst = gaps.filter(pl.col("n_deals") > 0).head(most)
    by_id = {row["capability_id"]: row for row in capabilities.iter_rows(named=True)}
    rows = [
        (row["gap"], row["severity"], _survival(row), _say(by_id.get(row["gap_id"])), row["gap_id"])
        for row in worst.iter_rows(named=True)
    ]
    wins = [f"{row['show']} ({row['source']})" for row in training.script.iter_rows(named=True)]
    return Paper(
        "Battlecard",
        message("{company}: what to lead with, and what to say where we are asked for more", company=company),
        (
            heading("Lead with"),
            *bullets(wins),
            heading("When they ask for what we do not have in full"),
            table(("Gap", "Weight", "Won despite the gap", "Say", "Source"), rows),
            heading("Numbers we commit to"),
            _commitments(capabilities),
            heading("Questions to expect"),
            *bullets(
                [
                    f"{row['question']} → {row['answer']} ({row['source']})"
                    for row in training.answers.head(most).iter_rows(named=True)
                ]
            ),
        ),
    )


def one_pager(capabilities: pl.DataFrame, training: Training, company: str) -> Paper:
    """Return one page for the buyer: what there is, what we commit to, what comes.

    Parameters
    ----------
    capabilities : pl.DataFrame
    training : Training
    company : str
    """
    return Paper(
        company,
        "What you get today, what we commit to, and what comes next",
        (
            heading("Today"),
            *bullets([row["say"] for row in training.script.iter_rows(named=True)][:6]),
            heading("What we commit to"),
            _commitments(capabilities, 8),
            heading("Coming"),
            _roadmap(capabilities),
        ),
    )


def deck(gaps: pl.DataFrame, capabilities: pl.DataFrame, training: Training, company: str) -> Paper:
    """Return the deck: one section a slide; for the buyer, so without money.

    Parameters
    ----------
    gaps : pl.DataFrame
    capabilities : pl.DataFrame
    training : Training
    company : str
    """
    by_kind = capabilities.group_by("category", maintain_order=True).agg(
        n=pl.len(), ready=(pl.col("status") == "available").sum()
    )
    areas = [(str(kind).capitalize(), total, ready) for kind, total, ready in by_kind.rows()]
    asked = [row["question"] for row in training.answers.iter_rows(named=True)][: rules()["most"]["slide_rows"]]
    by_id = {row["capability_id"]: row for row in capabilities.iter_rows(named=True)}
    worst = gaps.filter(pl.col("n_deals") > 0).head(rules()["most"]["slide_rows"])
    open_points = [(row["gap"], _say(by_id.get(row["gap_id"]), TELL)) for row in worst.iter_rows(named=True)]
    return Paper(
        company,
        "The catalogue is empty." if capabilities.is_empty() else WHOLE,
        (
            heading("What buyers like you ask"),
            *bullets(asked),
            heading("What you get today"),
            table(("Area", "Capabilities", "Available in full"), areas),
            heading("What you will see in the demo"),
            *bullets([row["show"] for row in training.script.iter_rows(named=True)]),
            heading("What we commit to"),
            _commitments(capabilities),
            heading("Where we do not do it all yet: tell us what matters to you"),
            table(("What buyers ask for", "Where we stand"), open_points),
            heading("What comes next"),
            _roadmap(capabilities),
            heading("Next steps"),
            *bullets(
                [
                    "Send us your requirement list: you get an answer to every line",
                    "Agree the success criteria of a proof of concept",
                    "See the measured results",
                ]
            ),
        ),
    )


def _survival(row: dict[str, object]) -> str:
    return (
        message("{n_won} of {n_closed} deals", n_won=row["n_won"], n_closed=row["n_closed"])
        if row["n_closed"]
        else "no closed deal yet"
    )


def _say(capability: dict[str, object] | None, then: str = "Ask what it is needed for.") -> str:
    if capability is None:
        return message("Not available today. {then}", then=then)
    when = capability.get("available_on")
    if capability["status"] == "roadmap":
        return message("Planned for {when:%B %Y}.", when=when) if when else "On the roadmap, without a date."
    if capability["status"] == "not available":
        return message("Not available today. {then}", then=then)
    if capability["status"] == "partner":
        return "Through a partner."
    if capability.get("commitments"):
        return message("Today we commit to {commitments}.", commitments=capability["commitments"])
    return (
        message("Available with this limit: {limit}.", limit=capability["limit"])
        if capability.get("limit")
        else "Available in part."
    )


def _commitments(capabilities: pl.DataFrame, most: int = 20) -> Block:
    """Return the commitments with the most exact first, one area in turn, so that no area fills the page."""
    given = pl.col("commitments").is_not_null() & pl.col("status").is_in(["available", "limited"])
    is_exact = pl.col("commitments").str.contains(r"\d\s*(?:%|[a-z])")
    rows = capabilities.filter(given).sort(~is_exact, "capability_id")
    rows = rows.with_columns(turn=pl.int_range(pl.len()).over("category")).sort("turn", "capability_id").head(most)
    listed = rows.sort("capability_id").select("name", "commitments", "capability_id")
    return table(("What", "We commit to", "Source"), listed.rows())


def _roadmap(capabilities: pl.DataFrame) -> Block:
    rows = capabilities.filter((pl.col("status") == "roadmap") & pl.col("available_on").is_not_null())
    listed = rows.sort("available_on", "capability_id").select(ROADMAP).head(rules()["most"]["slide_rows"]).rows()
    return table(("What", "Planned for", "Source"), [(name, f"{when:%B %Y}", key) for name, when, key in listed])
