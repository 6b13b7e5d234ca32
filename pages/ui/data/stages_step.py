"""Step 3: the stages that were found, with count and won share, put in order once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
import streamlit as st

from core.contracts.opportunities import FORECAST_CATEGORIES
from core.localization import message
from core.sources.folder import Reading
from core.sources.stages import LOST, OPEN, WON
from pages.ui.data import open_questions
from pages.ui.data.wizard_state import Wizard, current
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import NOTHING

ROWS = "wizard_stage_rows"
EDITED = ("kind", "rank", "probability", "forecast_category")
COLUMNS = {
    "name": st.column_config.TextColumn("Stage", width="medium"),
    "kind": st.column_config.SelectboxColumn("Counts as", options=[OPEN, WON, LOST], required=True, width="small"),
    "rank": st.column_config.NumberColumn("Order", min_value=1, step=1, width="small", help="First to last."),
    "n_deals": st.column_config.NumberColumn("Deals", format="localized", width="small"),
    "won_rate": st.column_config.NumberColumn("Won of closed", format="percent", width="small"),
    "probability": st.column_config.NumberColumn(
        "Probability",
        format="percent",
        min_value=0.0,
        max_value=1.0,
        step=0.05,
        width="small",
        help="The CRM's own; it orders stages that have no number.",
    ),
    "forecast_category": st.column_config.SelectboxColumn(
        "Forecast category", options=FORECAST_CATEGORIES, width=140, help="For deals that have none of their own."
    ),
    "pipeline": st.column_config.TextColumn("Pipeline", width="small"),
    "known_by": st.column_config.TextColumn("Decided by", width="small"),
}
SCHEMA = {
    "name": pl.String,
    "kind": pl.String,
    "rank": pl.Int64,
    "n_deals": pl.Int64,
    "won_rate": pl.Float64,
    "probability": pl.Float64,
    "forecast_category": pl.String,
    "pipeline": pl.String,
    "known_by": pl.String,
}


def show(wizard: Wizard, reading: Reading) -> None:
    """Show the stages in a grid in which they can be put in order."""
    if not reading.stages:
        st.info("No deals were read, so there are no stages.", icon=":material/lightbulb:")
        return
    open_questions.tell(reading.questions, open_questions.STAGES)
    frame = rows_of(reading)
    counts = {kind: frame.filter(pl.col("kind") == kind).height for kind in (OPEN, WON, LOST)}
    st.markdown(
        escaped(
            message(
                "{counts} stages are open, {counts_2} won, {counts_3} lost.",
                counts=counts[OPEN],
                counts_2=counts[WON],
                counts_3=counts[LOST],
            )
        )
    )
    key = wizard.key("stages", frame.rows())
    st.session_state[ROWS] = frame, _of_map(reading, "probability")
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        width="stretch",
        column_config=COLUMNS,
        column_order=list(COLUMNS),
        disabled=[name for name in COLUMNS if name not in EDITED],
        on_change=_harvest,
        args=(key,),
        placeholder=NOTHING,
    )
    st.caption("Columns of the CRM that say closed and won go before the stage. What you change goes into the map.")


def rows_of(reading: Reading) -> pl.DataFrame:
    """Return the stages as the grid shows them, the open ones first, in order."""
    categories, chances = _of_map(reading, "forecast_category"), _of_map(reading, "probability")
    rows = [
        (
            s.name,
            s.kind,
            None if s.rank is None else s.rank + 1,
            s.n_deals,
            s.won_rate,
            chances.get(s.name, s.probability),
            categories.get(s.name),
            s.pipeline,
            s.known_by,
        )
        for s in reading.stages
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _of_map(reading: Reading, name: str) -> dict[str, Any]:
    """Return what the map says of stages: stage to its probability or forecast category."""
    entries = [words for source in reading.plan.sources for words in source.entry.stages.values()]
    return {stage: value for words in entries for stage, value in getattr(words, name).items()}


def edited(
    frame: pl.DataFrame, changes: Mapping[Any, Mapping[str, Any]], chances: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Return the rows of the grid with what was typed.

    Parameters
    ----------
    frame : pl.DataFrame
    changes : mapping
        Row number -> column -> value, as the editor gives them.
    chances : mapping
        Stage -> the probability the map says; those that are only the mean of its deals go into no map.
    """
    rows = [{**row, "probability": chances.get(row["name"])} for row in frame.to_dicts()]
    for position, values in changes.items():
        rows[int(position)].update({name: value for name, value in values.items() if name in EDITED})
        if "rank" in values and values["rank"] is not None:
            # Whoever is given a number stands before the one that had it.
            rows[int(position)]["rank"] = values["rank"] - 0.5 * (1 if values["rank"] <= _rank(frame, position) else -1)
    return rows


def _rank(frame: pl.DataFrame, position: Any) -> float:
    rank = frame["rank"][int(position)]
    return float("inf") if rank is None else float(rank)


def as_stages(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return rows of the grid as `stages` of a column map: per pipeline the order, and what is won and lost."""
    listed = list(rows)
    out: dict[str, dict[str, Any]] = {}
    for pipeline in dict.fromkeys(row["pipeline"] or "*" for row in listed):
        mine = [row for row in listed if (row["pipeline"] or "*") == pipeline]
        running = sorted((r for r in mine if r["kind"] == OPEN), key=_order)
        words: dict[str, Any] = {"order": [r["name"] for r in running]}
        words |= {kind: [r["name"] for r in mine if r["kind"] == kind] for kind in (WON, LOST)}
        for name in ("probability", "forecast_category"):
            words[name] = {r["name"]: r[name] for r in mine if r[name] is not None}
        out[pipeline] = {k: v for k, v in words.items() if v}
    return out


def _order(row: Mapping[str, Any]) -> tuple[float, float, str]:
    rank, chance = row["rank"], row["probability"]
    return (float("inf") if rank is None else rank, 2.0 if chance is None else chance, row["name"])


def _harvest(key: str) -> None:
    """Take what was typed into the grid over into the map."""
    wizard = current()
    if wizard is None or ROWS not in st.session_state:
        return
    rows = edited(st.session_state[ROWS][0], st.session_state[key]["edited_rows"], st.session_state[ROWS][1])
    wizard.change(wizard.draft.with_stages(as_stages(rows)))
