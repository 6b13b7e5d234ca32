"""What transcripts come to: who talks and asks, about what, in which mood, by call and by person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.interactions import sentence_mood
from core.interactions.address_book import THEM, US
from core.interactions.interaction_view import Interactions
from core.interactions.open_deals import end_of
from core.localization import joined, message
from core.metrics.confidence_intervals import is_beyond_chance, t_for
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted, percent, ratio

DAYS, FEWEST = 180, 3
CALLS: dict[str, Any] = {
    "interaction_id": pl.Int64,
    "at": pl.Datetime("us"),
    "opportunity_id": pl.String,
    "deal": pl.String,
    "account": pl.String,
    "who": pl.String,
    "minutes": pl.Float64,
    "talk_rate": pl.Float64,
    "n_asked": pl.Int64,
    "n_asked_by_them": pl.Int64,
    "topics": pl.String,
    "n_steps": pl.Int64,
}
BY_REP: dict[str, Any] = {
    "who": pl.String,
    "n": pl.Int64,
    "talk_rate": pl.Float64,
    "questions_a_call": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_sure": pl.Boolean,
}
TOPICS: dict[str, Any] = {"topic": pl.String, "n": pl.Int64, "rate": pl.Float64, "by_them_rate": pl.Float64}
MOODS: dict[str, Any] = {
    "interaction_id": pl.Int64,
    "at": pl.Datetime("us"),
    "opportunity_id": pl.String,
    "deal": pl.String,
    "speaker": pl.String,
    "side": pl.String,
    "n_sentences": pl.Int64,
    "positive_rate": pl.Float64,
    "negative_rate": pl.Float64,
}
NO_CALLS = "No transcript of a call of the last {} days is known."
NO_MOODS = "Moods are not shown: {}."


def recent(data: Dataset, interactions: Interactions, days: int = DAYS) -> pl.DataFrame:
    """Return the turns of the calls of the last days, each once, with the call's first deal."""
    end = end_of(data)
    span = (pl.col("at") < end) & (pl.col("at") >= end - timedelta(days=days))
    return interactions.turns.filter(span).unique(["interaction_id", "number"], keep="first", maintain_order=True)


def by_call(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """How much of each call we talk, and how much is asked by whom.

    Formula: words of ours over all words; where every turn has times, seconds of ours over all seconds spoken. A
    question is a sentence that ends in a question mark, as the transcript has it. Topics go by a list of words.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit rate. Value: our share of what was said in the middle call; None without calls in which both sides speak.
        Frame: interaction_id, at, opportunity_id, deal, account, who (of us), minutes (null without times), talk_rate,
        n_asked, n_asked_by_them, topics, n_steps; the latest first.
    """
    turns = recent(data, interactions, days)
    name = "Our share of what is said"
    if turns.is_empty():
        return Measure(name, None, "rate", pl.DataFrame(schema=CALLS), NO_CALLS.format(days))
    frame = _called(data, _calls(turns)).sort("at", "interaction_id", descending=True).select(*CALLS)
    rates = frame["talk_rate"].drop_nulls()
    value = None if rates.is_empty() else float(rates.median())  # type: ignore[arg-type]
    share = (
        message("we speak {rate} of the words in the middle one", rate=percent(value))
        if value is not None
        else "only one side speaks"
    )
    asked, by_them = (int(frame[name].sum()) for name in ("n_asked", "n_asked_by_them"))
    text = message(
        "In {calls} with a transcript {share}; we asked {questions}, they {by_them:,}.",
        calls=counted(frame.height, "call"),
        share=share,
        questions=counted(asked, "question"),
        by_them=by_them,
    )
    return Measure(name, value, "rate", frame, text)


def _calls(turns: pl.DataFrame) -> pl.DataFrame:
    ours, theirs = pl.col("side") == US, pl.col("side") == THEM
    timed = pl.col("seconds").is_not_null().all()
    spoken = pl.when(timed).then(pl.col("seconds").sum())
    of_us = pl.when(timed).then(pl.col("seconds").filter(ours).sum()).otherwise(pl.col("n_words").filter(ours).sum())
    whole = pl.when(timed).then(pl.col("seconds").sum()).otherwise(pl.col("n_words").sum())
    return turns.group_by("interaction_id", maintain_order=True).agg(
        pl.col("at", "opportunity_id", "account_id").first(),
        rep_id=pl.col("rep_id").drop_nulls().first(),
        own_name=pl.col("speaker").filter(ours).first(),
        minutes=spoken / 60,
        talk_rate=pl.when(ours.any() & theirs.any() & (whole > 0)).then(of_us / whole),
        n_asked=pl.col("n_questions").filter(ours).sum(),
        n_asked_by_them=pl.col("n_questions").filter(theirs).sum(),
        topics=pl.col("topics").str.join(", "),
        n_steps=(pl.col("step") != "").sum().cast(pl.Int64),
    )


def _called(data: Dataset, calls: pl.DataFrame) -> pl.DataFrame:
    deals = data.opportunities.select("opportunity_id", deal=pl.coalesce("opportunity_name", "opportunity_id"))
    accounts = data.accounts.select("account_id", account="account_name")
    who = pl.coalesce(pl.col("rep_id").replace(people(data)), "own_name").fill_null(NOT_KNOWN)
    once = pl.col("topics").str.split(", ").list.unique().list.sort().list.eval(pl.element().filter(pl.element() != ""))
    return (
        calls.join(deals, on="opportunity_id", how="left")
        .join(accounts, on="account_id", how="left")
        .with_columns(who=who, topics=once.list.join(", "))
    )


def by_rep(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """How much each of us talks and asks in calls, beside the others.

    Formula: mean over a person's calls of our share of what was said, less the mean over the calls of all others, with
    Welch's interval widened for the number of people compared (Bonferroni); with three calls or more on either side.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit count. Value: people who talk more or less than the others beyond chance; None without calls. Frame: who, n
        (calls), talk_rate, questions_a_call, difference, low, high, is_sure; the most talk first.
    """
    calls = by_call(data, settings, interactions, days).frame.filter(pl.col("talk_rate").is_not_null())
    name = "People who talk unlike the others"
    if calls.is_empty():
        return Measure(name, None, "count", pl.DataFrame(schema=BY_REP), NO_CALLS.format(days))
    groups = {str(who): part for (who,), part in calls.partition_by("who", as_dict=True).items()}
    sizes = [part.height for part in groups.values()]
    n_claims = sum(n >= FEWEST and calls.height - n >= FEWEST for n in sizes)
    rows = [_rep(who, part, calls.filter(pl.col("who") != who), n_claims) for who, part in groups.items()]
    frame = pl.DataFrame(rows, schema=BY_REP, orient="row").sort("talk_rate", "who", descending=[True, False])
    sure = frame.filter("is_sure")
    if not n_claims:
        text = message("Nobody has {fewest} calls with a transcript yet, nor others to compare with.", fewest=FEWEST)
    elif sure.is_empty():
        text = message(
            "None of {people} talks more or less than the others beyond chance.",
            people=counted(n_claims, "person", "people"),
        )
    else:
        top = sure.row(0, named=True)
        more = "more" if top["difference"] > 0 else "less"
        text = message(
            "Of {people} compared, {talk} more or less than the others beyond chance; {who} speaks "
            "{talk_rate}, {more} than they do.",
            people=counted(n_claims, "person", "people"),
            talk=counted(sure.height, "talks", "talk"),
            who=top["who"],
            talk_rate=percent(top["talk_rate"]),
            more=more,
        )
    return Measure(name, float(sure.height), "count", frame, text)


def _rep(who: str, own: pl.DataFrame, others: pl.DataFrame, n_claims: int) -> tuple[Any, ...]:
    asked = ratio(int(own["n_asked"].sum()), own.height)
    rates = own["talk_rate"]
    gap = low = high = None
    if min(own.height, others.height) >= FEWEST:
        gap, low, high = welch(rates.to_numpy(), others["talk_rate"].to_numpy(), n_claims)
    is_sure = low is not None and high is not None and is_beyond_chance(low, high)
    return who, own.height, float(rates.mean()), asked, gap, low, high, is_sure  # type: ignore[arg-type]


def welch(own: Any, others: Any, n_claims: int) -> tuple[float, float, float]:
    """Return the difference of two means with Welch's interval, widened for the number of claims.

    Examples
    --------
    >>> [round(v, 3) for v in welch(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), 1)]
    [0.0, -2.267, 2.267]
    """
    parts = [float(np.var(rows, ddof=1)) / len(rows) for rows in (own, others)]
    gap, spread = float(np.mean(own) - np.mean(others)), sum(parts)
    if spread == 0:
        return gap, gap, gap
    weights = [part**2 / (len(rows) - 1) for part, rows in zip(parts, (own, others), strict=True)]
    degrees = max(int(spread**2 / sum(weights)), 1)
    reach = t_for(degrees, n_claims) * spread**0.5
    return gap, gap - reach, gap + reach


def topics(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """In how many calls a topic came up, and how often the customer spoke of it.

    Formula: calls with one of the topic's words over all calls with a transcript. A topic is found by its words, so
    that one spoken of in other words is missed.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit count. Value: calls. Frame: topic, n (calls), rate, by_them_rate (of all calls); the most frequent first.
    """
    turns = recent(data, interactions, days)
    n_calls = turns["interaction_id"].n_unique()
    if not n_calls:
        return Measure("Topics of calls", 0.0, "count", pl.DataFrame(schema=TOPICS), NO_CALLS.format(days))
    rows = turns.with_columns(topic=pl.col("topics").str.split(", ")).explode("topic").filter(pl.col("topic") != "")
    ids = pl.col("interaction_id")
    frame = (
        rows.group_by("topic")
        .agg(n=ids.n_unique().cast(pl.Int64), by_them=ids.filter(pl.col("side") == THEM).n_unique())
        .with_columns(rate=pl.col("n") / n_calls, by_them_rate=pl.col("by_them") / n_calls)
        .sort("n", "topic", descending=[True, False])
        .select(*TOPICS)
    )
    if frame.is_empty():
        text = message("None of the topics on the list came up in {calls}.", calls=counted(n_calls, "call"))
    else:
        top = frame.row(0, named=True)
        text = message(
            "{topic} came up in {rate} of {calls}, most often of all topics.",
            topic=top["topic"],
            rate=percent(top["rate"]),
            calls=counted(n_calls, "call"),
        )
    return Measure("Topics of calls", float(n_calls), "count", frame, text)


def moods(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """In which mood people speak in calls, and how far that can be trusted.

    Formula: of the sentences of three words or more, the shares a small model reads as positive and as negative. It was
    learnt from labelled sentences, and its error measured on others; where it would not beat always naming the most
    frequent mood, or the sentence vectors are not installed, no mood is shown.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit rate. Value: share of customers' sentences that are negative; None where moods cannot be told, or no
        customer speaks. Frame: interaction_id, at, opportunity_id, deal, speaker, side, n_sentences, positive_rate,
        negative_rate; one row for each speaker of a call, the most negative customers first.
    """
    name, empty = "Negative sentences of customers", pl.DataFrame(schema=MOODS)
    if not sentence_mood.is_there():
        return Measure(name, None, "rate", empty, NO_MOODS.format("the sentence vectors are not installed"))
    turns = recent(data, interactions, days).filter(pl.col("n_sentences") > 0)
    if turns.is_empty():
        return Measure(name, None, "rate", empty, NO_CALLS.format(days))
    sums = turns.group_by("interaction_id", "speaker", "side").agg(
        pl.col("at", "opportunity_id", "account_id").first(), pl.col("n_sentences", "n_positive", "n_negative").sum()
    )
    deals = data.opportunities.select("opportunity_id", deal=pl.coalesce("opportunity_name", "opportunity_id"))
    frame = (
        sums.join(deals, on="opportunity_id", how="left")
        .with_columns(
            positive_rate=pl.col("n_positive") / pl.col("n_sentences"),
            negative_rate=pl.col("n_negative") / pl.col("n_sentences"),
        )
        .sort(pl.col("side") == US, "negative_rate", "interaction_id", "speaker", descending=[False, True, True, False])
    )
    theirs = frame.filter(pl.col("side") == THEM)
    value = ratio(int(theirs["n_negative"].sum()), int(theirs["n_sentences"].sum()))
    record = sentence_mood.shipped().record.sentence()
    lead = (
        message("{rate} of what customers say in calls is negative. ", rate=percent(value)) if value is not None else ""
    )
    return Measure(name, value, "rate", frame.select(*MOODS), joined(lead, record, by=""))
