"""Charts of the engagement page."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish

Drawn = alt.Chart | alt.LayerChart
MOST = 12


def silence(frame: pl.DataFrame) -> Drawn:
    """How long customers have been silent, with a mark at their usual gap: as `quiet_deals.quiet`, the first dozen."""
    rows = frame.head(MOST)
    tip = [
        alt.Tooltip("deal:N"),
        alt.Tooltip("silent_days:Q", format=",", title="silent, working days"),
        alt.Tooltip("usual_gap:Q", format=".1f", title="usual gap, working days"),
        alt.Tooltip("n_sent_since:Q", format=",", title="our mails since"),
    ]
    base = alt.Chart(rows).encode(y=name_bars.names("deal", rows["deal"].to_list(), 130), tooltip=tip)
    bars = name_bars.bars(base, "silent_days", "silent, working days (mark: usual gap)", ",d", FORECAST)
    return finish(
        bars + base.mark_tick(color=ACTUAL, thickness=3, size=16).encode(x=alt.X("usual_gap:Q")), 26 * rows.height + 40
    )


def talk(frame: pl.DataFrame) -> Drawn:
    """How much of what is said each of us says: as `call_record.by_rep`, those with the most calls."""
    rows = frame.sort("n", "who", descending=[True, False]).head(MOST).sort("talk_rate", descending=True)
    tip = [
        alt.Tooltip("who:N"),
        alt.Tooltip("talk_rate:Q", format=".0%", title="talks"),
        alt.Tooltip("n:Q", format=",", title="calls"),
        alt.Tooltip("questions_a_call:Q", format=".1f", title="questions a call"),
    ]
    base = alt.Chart(rows).encode(y=name_bars.names("who", rows["who"].to_list(), 130), tooltip=tip)
    half = alt.Chart(pl.DataFrame({"at": [0.5]})).mark_rule(color=CONTEXT, strokeDash=[5, 4]).encode(x=alt.X("at:Q"))
    bars = name_bars.bars(base, "talk_rate", "share of what is said (dashed: half)", ".0%")
    return finish(bars + half, 26 * rows.height + 40)


def topics(frame: pl.DataFrame) -> Drawn:
    """In which share of calls a topic came up, and in which the customer spoke of it: as `call_record.topics`."""
    rows = frame.head(MOST)
    tip = [
        alt.Tooltip("topic:N"),
        alt.Tooltip("rate:Q", format=".0%", title="of calls"),
        alt.Tooltip("by_them_rate:Q", format=".0%", title="the customer spoke of it"),
        alt.Tooltip("n:Q", format=",", title="calls"),
    ]
    base = alt.Chart(rows).encode(y=name_bars.names("topic", rows["topic"].to_list(), 130), tooltip=tip)
    bars = name_bars.bars(base, "rate", "of calls (mark: spoken of by them)", ".0%")
    mark = base.mark_tick(color=FORECAST, thickness=3, size=16).encode(x=alt.X("by_them_rate:Q"))
    return finish(bars + mark, 26 * rows.height + 40)
