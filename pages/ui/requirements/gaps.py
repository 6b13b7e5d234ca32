"""Controls of the requirements page: the deal's gaps, the ledger, and gaps merged by hand."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.formats import long_day
from core.localization import message
from core.requirements.judge.bid_scores import Scores
from core.requirements.work import gap_ledger as book
from core.requirements.work.gap_ledger import Ledger
from core.scenarios.files import to_link
from core.scenarios.levers import LeverSetting
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache
from pages.ui.requirements.deal_gaps import ASKED

TITLES = {
    "coverage": "Coverage",
    "fit": "Fit by priority",
    "must_haves": "Must-haves",
    "resolution": "Gaps closed in time",
}
GAPS = {
    "gap": st.column_config.TextColumn("Gap", width="medium"),
    "gap_type": "Kind",
    "severity": "Worst",
    "n_deals": "Open deals",
    "exposed_amount": st.column_config.NumberColumn("Pipeline at risk", format="compact"),
    "weighted_amount": st.column_config.NumberColumn("Weighted", format="compact"),
    "effort_weeks": st.column_config.NumberColumn("Person-weeks", format="%.1f"),
    "timeline_weeks": st.column_config.NumberColumn("Weeks to delivery", format="%.1f"),
    "cost_amount": st.column_config.NumberColumn("Cost to close", format="compact"),
    "unlocked_per_week_amount": st.column_config.NumberColumn("Pipeline per person-week", format="compact"),
    "n_closed": "Closed deals with it",
    "survival_rate": st.column_config.ProgressColumn("Won despite the gap", format="percent", min_value=0, max_value=1),
    "survival_lower": st.column_config.NumberColumn("low", format="percent"),
    "survival_upper": st.column_config.NumberColumn("high", format="percent"),
    "approach": "Approach",
    "owner": "Owner",
}
DEALS = {
    "deal": st.column_config.TextColumn("Deal", width="medium"),
    "severity": "Severity",
    "amount": st.column_config.NumberColumn("Amount", format="compact"),
    "share": st.column_config.ProgressColumn("Share of the deal", format="percent", min_value=0, max_value=1),
    "p_as_is": st.column_config.NumberColumn("Chance with its gaps", format="percent"),
    "p_closed": st.column_config.NumberColumn("Chance without this one", format="percent"),
    "uplift_amount": st.column_config.NumberColumn("Value of closing it", format="compact"),
}
PLANNING_WEEKS, MOST_LEVER = 4, 2.0


def tiles(scored: Scores) -> None:
    """Show each score against its target."""
    tiled = st.grid(len(TITLES), min_column_width=118, gap="xsmall")
    for row in scored.frame.iter_rows(named=True):
        tiled.metric(
            TITLES[row["score"]],
            _rate(row["value"], row["high"]),
            message("{n:,} of {of:,}, target {target:.0f} %", n=row["n"], of=row["of"], target=row["target"] * 100)
            if row["score"] != "fit"
            else message("target {target:.0f} %", target=row["target"] * 100),
            delta_color="off",
            delta_arrow="off",
        )


def _rate(low: float | None, high: float | None) -> str:
    """Write a score, or the range it may have while rows are open."""
    if low is None or high is None:
        return "–"
    first, last = f"{low * 100:.0f}", f"{high * 100:.0f}"
    return f"{first} %" if first == last else f"{first}–{last} %"


def is_asked_for() -> bool:
    """Say whether the address asks for one gap."""
    return ASKED in st.query_params


def gap(page: Page, c: Cell, gap_ledger: Ledger) -> None:
    """Let one gap be opened: its deals, what closing it is worth, the way to the scenarios, merging."""
    open_gaps = gap_ledger.frame.filter(gap_ledger.frame["n_deals"] > 0)
    if open_gaps.is_empty():
        return
    names = dict(open_gaps.select("gap_id", "gap").iter_rows())
    asked = st.query_params.get(ASKED)
    start = list(names).index(asked) if asked in names else 0
    chosen = st.selectbox("Open a gap", list(names), start, format_func=lambda key: names[key], key="ledger_gap")
    c.answer(gap_ledger.gap_sentence(chosen))
    rows = book.uplift(gap_ledger, chosen, page.settings)
    c.table(rows.select(list(DEALS)), 650, column_config=DEALS)
    weeks = float(open_gaps.filter(open_gaps["gap_id"] == chosen)["timeline_weeks"][0])
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    done = page.data.as_of + timedelta(weeks=round(weeks) + PLANNING_WEEKS)
    by = left.date_input("Closed by", value=done, min_value=page.data.as_of, key=f"ledger_by_{chosen}")
    ready = by if isinstance(by, date) else done
    size = book.lever(gap_ledger, chosen, page.settings)
    if size is not None:
        # The lever's month counts from its first day on: closed within a month, it works from the next.
        begins = (ready.replace(day=1) + timedelta(days=32)).replace(day=1) if ready.day > 1 else ready
        named = book.lever_names(gap_ledger)[chosen]
        setting = LeverSetting("gap_closed", round(min(size, MOST_LEVER), 3), "all", f"{begins:%Y-%m}", named)
        right.page_link(
            "pages/scenarios.py",
            label="See the quarter change in Scenarios",
            help=message("{names}, closed by {ready}", names=escaped(names[chosen]), ready=long_day(ready)),
            icon=":material/tune:",
            query_params={"also": to_link((setting,))},
        )
    _merge(page, chosen, names)


def _merge(page: Page, chosen: str, names: dict[str, str]) -> None:
    """Let gaps that are one and the same be counted as one, and what was merged be split again."""
    merged = gap_cache.groups(page)
    with st.expander("Merge or split gaps"):
        left, right = st.columns(2, vertical_alignment="bottom")
        others = [key for key in names if key != chosen]
        target = left.selectbox(
            message("Count {names} as", names=escaped(names[chosen])),
            others,
            index=None,
            format_func=lambda key: names[key],
            key="ledger_merge",
        )
        right.button(
            "Merge",
            disabled=target is None,
            on_click=_group,
            args=(page, merged | {chosen: target}),
            key="ledger_do_merge",
        )
        mine = [key for key, into in merged.items() if into == chosen]
        if mine:
            st.caption(escaped(message("Counted as {names}: {mine}", names=names[chosen], mine=", ".join(mine))))
            st.button(
                "Split them again",
                on_click=_group,
                args=(page, {key: into for key, into in merged.items() if key not in mine}),
                key="ledger_do_split",
            )


def _group(page: Page, groups: dict[str, str]) -> None:
    saved_groups = cache.store(page.settings.database).gap_groups
    before = [entry for entry in saved_groups.list(gap_cache.SHARED) if entry.name == gap_cache.GROUPS]
    try:
        saved_groups.save(gap_cache.GROUPS, gap_cache.SHARED, groups, before[0].version if before else None)
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
