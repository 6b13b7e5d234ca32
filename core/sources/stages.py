"""Stages of a source: which are open, won or lost, and in what order; how each deal ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts.stage_words import UNKNOWN_STAGE
from core.localization import message, message_plural
from core.sources import stage_map, vocabulary
from core.sources.findings import Findings, Question, counted
from core.sources.headers import fold
from core.sources.vendor_layouts import stage_orders

OPEN, WON, LOST = "open", "won", "lost"
SHOWN = 2_000
STAGES_SHOWN = 8


@dataclass(frozen=True)
class Stage:
    """One stage as a source has it.

    Attributes
    ----------
    name : str
    pipeline : str, optional
        The pipeline most of its deals are in.
    kind : str
        "open", "won" or "lost".
    known_by : str
        "column map", "settings", "list of stages", "its name" or "its deals".
    n_deals : int
    won_rate : float, optional
        Won among its closed deals; None without any.
    probability : float, optional
        Mean, 0 to 1.
    rank : int, optional
        Among the open ones, from 0.
    """

    name: str
    pipeline: str | None
    kind: str
    known_by: str
    n_deals: int
    won_rate: float | None
    probability: float | None
    rank: int | None = None


def named(frame: pl.DataFrame, listed: pl.DataFrame | None) -> pl.DataFrame:
    """Replace ids of stages by their names, where the source has a list of stages."""
    if listed is None or "stage" not in frame.columns or not {"stage_id", "stage_name"} <= set(listed.columns):
        return frame
    names = dict(listed.select("stage_id", "stage_name").drop_nulls().unique("stage_id", keep="first").iter_rows())
    return frame.with_columns(pl.col("stage").replace(names))


def kinds(names: list[str], settings: Settings, listed: pl.DataFrame | None) -> dict[str, tuple[str, str]]:
    """Return stage -> (kind, known by): by the map, the settings, the source's list, the words of its name."""
    own = {fold(s) or s: WON for s in settings.stages.won} | {fold(s) or s: LOST for s in settings.stages.lost}
    order = {fold(s) or s for s in settings.stages.order}
    flagged = _listed_kinds(listed)
    mapped = _mapped_kinds(listed)
    out = {}
    for name in names:
        key = fold(name) or name
        if name in mapped:
            out[name] = (mapped[name], "column map")
        elif key in own:
            out[name] = (own[key], "settings")
        elif name in flagged:
            out[name] = (flagged[name], "list of stages")
        elif key in order:
            out[name] = (OPEN, "settings")
        else:
            ending = vocabulary.ending(name)
            out[name] = (ending, "its name") if ending else (OPEN, "its name")
    return out


def _mapped_kinds(listed: pl.DataFrame | None) -> dict[str, str]:
    rows = stage_map.marked(listed).select("stage_name", "is_closed", "is_won")
    return {name: WON if won else LOST if closed else OPEN for name, closed, won in rows.iter_rows()}


def _listed_kinds(listed: pl.DataFrame | None) -> dict[str, str]:
    if listed is None or "stage_name" not in listed.columns or not {"is_closed", "is_won"} & set(listed.columns):
        return {}
    rows = listed.with_columns(
        _won=pl.col("is_won") if "is_won" in listed.columns else pl.lit(None, pl.Boolean),
        _closed=pl.col("is_closed") if "is_closed" in listed.columns else pl.lit(None, pl.Boolean),
        _chance=pl.col("probability") if "probability" in listed.columns else pl.lit(None, pl.Float64),
    )
    out = {}
    for name, won, closed, chance in rows.select("stage_name", "_won", "_closed", "_chance").iter_rows():
        if name and won:
            out[name] = WON
        elif name and closed:
            out[name] = WON if won is None and chance and chance >= 0.999 else LOST
    return out


def settled(deals: pl.DataFrame, settings: Settings, listed: pl.DataFrame | None, findings: Findings) -> pl.DataFrame:
    """Say of every deal whether it is closed and won: by its flags, else by its status, else by its stage.

    A blank flag follows from the stage. Flags that speak against the stage decide, and are told.

    Returns
    -------
    pl.DataFrame
        With stage (never null), is_closed and is_won (never null).
    """
    stage = pl.col("stage") if "stage" in deals.columns else pl.lit(None, pl.String)
    status = pl.col("status") if "status" in deals.columns else pl.lit(None, pl.String)
    deals = deals.with_columns(_status=status, stage=pl.coalesce(stage, status, pl.lit(UNKNOWN_STAGE)))
    stage_kinds = kinds(deals["stage"].unique().to_list(), settings, listed)
    by_stage = pl.col("stage").replace_strict(
        {k: v[0] for k, v in stage_kinds.items()}, default=OPEN, return_dtype=pl.String
    )
    ends = {t: _status_kind(t) for t in deals["_status"].drop_nulls().unique().to_list()}
    by_status = pl.col("_status").replace_strict(ends, default=None, return_dtype=pl.String)
    deals = deals.with_columns(_stage_kind=by_stage).with_columns(_kind=pl.coalesce(by_status, "_stage_kind"))
    _tell_status_against(deals.with_columns(_by_status=by_status), findings)
    deals = deals.with_columns(_kind=_archived(deals))
    flag = {
        n: pl.col(n) if n in deals.columns else pl.lit(None, pl.Boolean) for n in ("is_closed", "is_won", "is_lost")
    }
    won = pl.coalesce(flag["is_won"], pl.when(flag["is_lost"]).then(pl.lit(value=False)))
    closed = pl.coalesce(
        pl.when(flag["is_won"].fill_null(value=False) | flag["is_lost"].fill_null(value=False)).then(
            pl.lit(value=True)
        ),
        flag["is_closed"],
    )
    deals = deals.with_columns(_won=won, _closed=closed)
    closed = pl.coalesce("_closed", pl.col("_kind") != OPEN)
    deals = deals.with_columns(is_closed=closed, _said=pl.col("_won").is_not_null() | pl.col("_closed").is_not_null())
    deals = deals.with_columns(is_won=pl.col("is_closed") & pl.coalesce("_won", pl.col("_kind") == WON))
    _tell_against(deals, findings)
    _ask_unknown(deals, stage_kinds, findings)
    return deals.drop("_status", "_kind", "_won", "_closed", "_said")


def _archived(deals: pl.DataFrame) -> pl.Expr:
    """Read how Odoo keeps deals: a lost one is archived, a won one has the probability 100."""
    if "is_active" not in deals.columns:
        return pl.col("_kind")
    chance = pl.col("probability") if "probability" in deals.columns else pl.lit(0.0)
    gone = (~pl.col("is_active")).fill_null(value=False) & (chance.fill_null(0) < 1)
    won = (chance >= 100).fill_null(value=False)
    return pl.when(gone).then(pl.lit(LOST)).when(won).then(pl.lit(WON)).otherwise("_kind")


def _status_kind(text: str) -> str | None:
    word = vocabulary.folded(text)
    if word in vocabulary.words("open"):
        return OPEN
    numbers = {"0": OPEN, "1": WON, "2": LOST}
    return numbers.get(word) or vocabulary.ending(text)


def _ask_unknown(deals: pl.DataFrame, stage_kinds: Mapping[str, tuple[str, str]], findings: Findings) -> None:
    """Ask of stages that nothing but their name speaks of whether they end a deal; tell which names say so."""
    bare = deals.filter(~pl.col("_said") & pl.col("_status").is_null())
    if "is_active" in deals.columns:
        bare = bare.filter(pl.col("is_active").is_null())
    counts = dict(bare.group_by("stage").len().iter_rows())
    usual = {fold(s) for order in stage_orders() for s in order} | vocabulary.words("open_stage")
    odd = sorted(
        name
        for name, (kind, known_by) in stage_kinds.items()
        if kind == OPEN and known_by == "its name" and name in counts and name != UNKNOWN_STAGE
        if fold(name) not in usual and vocabulary.bare(name) not in usual
    )
    if odd:
        shown = ", ".join(f"{name} ({counts[name]:,})" for name in odd[:STAGES_SHOWN])
        more = message(" and {n_odd} more", n_odd=len(odd) - STAGES_SHOWN) if len(odd) > STAGES_SHOWN else ""
        findings.ask(
            Question(
                "opportunities.stages",
                message("Nothing says whether these stages end a deal: {shown}{more}.", shown=shown, more=more),
                "open",
            )
        )
    for kind in (WON, LOST):
        guessed = sorted(n for n, (k, by) in stage_kinds.items() if k == kind and by == "its name" and n in counts)
        loose = [n for n in guessed if vocabulary.bare(n) not in vocabulary.words(kind)]
        if loose:
            findings.note(
                message(
                    "Deals in {loose} count as {kind}, by the name of the stage.",
                    loose=", ".join(loose[:STAGES_SHOWN]),
                    kind=kind,
                )
            )


def _tell_status_against(deals: pl.DataFrame, findings: Findings) -> None:
    against = deals.filter(
        pl.col("_stage_kind").is_in([WON, LOST])
        & (pl.col("_by_status") != pl.col("_stage_kind")).fill_null(value=False)
    )
    if against.height:
        shown = ", ".join(against["stage"].unique().sort().head(STAGES_SHOWN).to_list())
        findings.note(
            message(
                "{deals} in {shown}: the status says otherwise than the stage; the status decides.",
                deals=counted(against.height, "deal", "deals"),
                shown=shown,
            )
        )


def _tell_against(deals: pl.DataFrame, findings: Findings) -> None:
    ending = (
        pl.when(pl.col("is_won")).then(pl.lit(WON)).when(pl.col("is_closed")).then(pl.lit(LOST)).otherwise(pl.lit(OPEN))
    )
    rows = deals.filter(pl.col("_said")).with_columns(_ending=ending)
    against = rows.filter((pl.col("_ending") != pl.col("_stage_kind")) & (pl.col("_stage_kind") != OPEN))
    if against.is_empty():
        return
    reason = pl.format(
        "the stage {} says {}, the columns for closed and won say {}: they decide", "stage", "_stage_kind", "_ending"
    )
    findings.empty(against.head(SHOWN), "opportunities", "flags_against_stage", reason, "stage")
    n = against.height
    findings.note(
        message_plural(
            "{n} deal: the stage says otherwise than the columns for closed and won; the columns decide.",
            "{n} deals: the stage says otherwise than the columns for closed and won; the columns decide.",
            n,
        )
    )


def table(
    deals: pl.DataFrame, settings: Settings, listed: pl.DataFrame | None, history: pl.DataFrame | None
) -> list[Stage]:
    """Describe every stage of the source, the open ones first, in order."""
    chance = pl.col("probability") if "probability" in deals.columns else pl.lit(None, pl.Float64)
    pipeline = (
        pl.col("pipeline").drop_nulls().mode().first() if "pipeline" in deals.columns else pl.lit(None, pl.String)
    )
    rows = deals.group_by("stage").agg(
        n=pl.len(),
        pipeline=pipeline,
        n_closed=pl.col("is_closed").sum(),
        n_won=pl.col("is_won").sum(),
        chance=chance.mean(),
    )
    scale = 100 if (rows["chance"].max() or 0) > 1 else 1  # type: ignore[operator]
    stage_kinds = kinds(rows["stage"].to_list(), settings, listed)
    stages = [
        Stage(
            r["stage"],
            r["pipeline"],
            *_by_deals(stage_kinds[r["stage"]], r),
            r["n"],
            r["n_won"] / r["n_closed"] if r["n_closed"] else None,
            r["chance"] / scale if r["chance"] is not None else None,
        )
        for r in rows.iter_rows(named=True)
    ]
    order = open_order([s for s in stages if s.kind == OPEN], settings, listed, history)
    ranks = {name: k for k, name in enumerate(order)}
    ranked = [Stage(**{**vars(s), "rank": ranks.get(s.name)}) for s in stages]
    return sorted(ranked, key=lambda s: ((OPEN, WON, LOST).index(s.kind), s.rank or 0, s.name))


def _by_deals(by_words: tuple[str, str], row: Mapping[str, int]) -> tuple[str, str]:
    """Let the deals say what a stage is whose name does not: all of them closed one way."""
    if (
        by_words[0] == OPEN
        and by_words[1] != "column map"
        and row["n_closed"] == row["n"] > 0
        and row["n_won"] in (0, row["n"])
    ):
        return (WON if row["n_won"] else LOST), "its deals"
    return by_words


def open_order(
    stages: list[Stage], settings: Settings, listed: pl.DataFrame | None, history: pl.DataFrame | None
) -> tuple[str, ...]:
    """Order open stages: by the map, settings, source's list, known systems, probability, history, else by name."""
    names = [s.name for s in stages]
    own = {fold(s) or s: k for k, s in enumerate(settings.stages.order)}
    chances = {s.name: s.probability for s in stages if s.probability is not None}
    places: list[Mapping[str, float]] = [
        dict(stage_map.marked(listed).select("stage_name", "rank").iter_rows()),
        {n: own[fold(n) or n] for n in names if (fold(n) or n) in own},
        _listed_ranks(listed),
        *({n: order.index(fold(n)) for n in names if fold(n) in order} for order in stage_orders()),
        chances if len(set(chances.values())) > 1 else {},
        {n: int(digits) for n in names if (digits := "".join(c for c in n.split()[0] if c.isdigit()))},
    ]
    for ranks in places:
        if all(n in ranks for n in names):
            return tuple(sorted(names, key=lambda n, ranks=ranks: (ranks[n], n)))  # type: ignore[misc]
    steps = _mean_steps(history)
    typical = {fold(s): k / max(len(order) - 1, 1) for order in stage_orders() for k, s in enumerate(order)}
    return tuple(sorted(names, key=lambda n: (steps.get(n, typical.get(fold(n), 0.5)), n)))


def _listed_ranks(listed: pl.DataFrame | None) -> dict[str, float]:
    if listed is None or not {"stage_name", "rank"} <= set(listed.columns):
        return {}
    return dict(listed.select("stage_name", "rank").drop_nulls().iter_rows())


def _mean_steps(history: pl.DataFrame | None) -> dict[str, float]:
    """Return stage -> how far into a deal's stages it usually comes, 0 to 1."""
    if history is None or history.is_empty() or "stage" not in history.columns:
        return {}
    steps = history.select("opportunity_id", "valid_from", "stage").drop_nulls().sort("opportunity_id", "valid_from")
    steps = steps.unique(["opportunity_id", "stage"], keep="first", maintain_order=True)
    position = pl.int_range(pl.len()).over("opportunity_id")
    steps = steps.with_columns(_k=position, _n=pl.len().over("opportunity_id")).filter(pl.col("_n") > 1)
    means = steps.group_by("stage").agg((pl.col("_k") / (pl.col("_n") - 1)).mean().alias("m"))
    return dict(means.iter_rows())


def ended_as(settings: Settings) -> tuple[str, str]:
    """Return the names the settings give won and lost: what a history's last state is called."""
    won = settings.stages.won[0] if settings.stages.won else "Closed Won"
    lost = settings.stages.lost[0] if settings.stages.lost else "Closed Lost"
    return won, lost
