"""What a proposal is asked for, and the columns of the page's tables."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import metrics
from core.config import Settings
from core.config.calendar import add_quarters, month_start, quarter_label, quarter_start
from core.contracts import Dataset
from core.localization import message
from core.metrics.handovers import Handovers
from core.metrics.measure import counted, percent
from core.scenarios.files import to_link
from core.scenarios.levers import LeverSetting
from core.territories import territory_plan
from core.territories.territory_plan import Proposal, Wish

NUMBER = st.column_config.NumberColumn
# Where a company's own record says nothing beyond chance; a link holds so many deals.
ASSUMED_LOSS, MOST_DEALS = 0.1, 150
WEIGHTS = ("Potential", "Bookings of last year", "Work done", "Number of accounts")
BALANCE: dict[str, Any] = {
    "rep_name": "Rep",
    "booked_amount": NUMBER("Booked last year", format="compact"),
    "even_amount": NUMBER("Even", format="compact"),
    "n_accounts": NUMBER("Accounts", format="localized"),
    "open_amount": NUMBER("Open", format="compact"),
    "team": "Team",
    "region": "Region",
    "n_activities": NUMBER("Calls, mails, meetings, tickets", format="localized"),
}
POTENTIAL: dict[str, Any] = {
    "account_name": "Account",
    "potential_amount": NUMBER("Potential", format="compact"),
    "last_amount": NUMBER("Booked last year", format="compact"),
    "look_alike_amount": NUMBER("Look-alikes", format="compact"),
    "segment": "Segment",
    "industry": "Industry",
    "region": "Region",
}
TRIALS: dict[str, Any] = {
    "model": "From",
    "serves": st.column_config.CheckboxColumn("Serves"),
    "miss_amount": NUMBER("Typical miss by account and year", format="compact"),
    "total_amount": NUMBER("Said of last year", format="compact"),
}
HANDOVERS: dict[str, Any] = {
    "segment": "Segment",
    "age": "Age at the change",
    "n": NUMBER("Changed hands", format="localized"),
    "win_rate": NUMBER("Won", format="percent"),
    "others": NUMBER("Kept their owner", format="localized"),
    "others_rate": NUMBER("Won there", format="percent"),
}
REPS: dict[str, Any] = {
    "rep_name": "Rep",
    "n_accounts": NUMBER("Accounts", format="localized"),
    "new_n_accounts": NUMBER("Accounts proposed", format="localized"),
    "potential_amount": NUMBER("Potential", format="compact"),
    "new_potential_amount": NUMBER("Potential proposed", format="compact"),
    "n_activities": NUMBER("Work", format="localized"),
    "new_n_activities": NUMBER("Work proposed", format="localized"),
}
MOVES: dict[str, Any] = {
    "account_name": "Account",
    "segment": "Segment",
    "from_name": "From",
    "to_name": "To",
    "potential_amount": NUMBER("Potential", format="compact"),
    "booked_amount": NUMBER("Booked last year", format="compact"),
    "open_amount": NUMBER("Open", format="compact"),
    "renews_soon": st.column_config.CheckboxColumn("Renews within 90 days"),
}


def asked(data: Dataset) -> Wish | None:
    """Draw what a proposal is asked for; None until somebody asks, and where no region has a rep."""
    regions = territory_plan.regions(data)
    if not regions:
        return None
    names = dict(data.accounts.sort("account_name", "account_id").select("account_id", "account_name").iter_rows())
    segments = sorted(set(data.accounts["segment"].drop_nulls()))
    with st.form("territory_wish", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            region = st.selectbox("Region", regions, key="territory_region")
            moves = st.number_input("At most so many moves", 0, 500, 20, 5, key="territory_moves")
        st.caption("How much each counts")
        with st.grid("auto", min_column_width=150, gap="xsmall"):
            weights = [
                st.slider(label, 0.0, 1.0, start, 0.25, key=f"territory_weight_{k}")
                for k, (label, start) in enumerate(zip(WEIGHTS, (1.0, 0.0, 0.0, 0.5), strict=True))
            ]
        stays = st.multiselect("Segments that stay", segments, key="territory_stays")
        named = st.multiselect("Accounts that stay", list(names), format_func=names.get, key="territory_named")
        is_asked = st.form_submit_button("Propose", type="primary", icon=":material/alt_route:")
    wish = Wish(str(region), int(moves), tuple(weights), tuple(sorted(named)), tuple(sorted(stays)))
    if is_asked:
        st.session_state["territory_asked"] = wish
    last = st.session_state.get("territory_asked")
    return last if isinstance(last, Wish) and last.region in regions else None


def scenario(data: Dataset, settings: Settings, proposal: Proposal, record: Handovers) -> None:
    """Offer to see in Scenarios what a proposal does to the forecast, from a quarter on that is chosen here."""
    deals = territory_plan.handed_over(data, proposal.moves)[:MOST_DEALS]
    if not deals:
        st.caption("No open deal changes hands with these moves, so the forecast stays as it is.")
        return
    starts = [add_quarters(quarter_start(data.as_of, settings), ahead, settings) for ahead in (1, 2, 3)]
    labels = {month_start(start): quarter_label(start, settings) for start in starts}
    loss = metrics.handovers.usual_loss(record, ASSUMED_LOSS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        begin = st.selectbox("New territories from", list(labels), format_func=labels.__getitem__, key="territory_from")
        setting = LeverSetting("handover", loss, f"deals:{','.join(deals)}", f"{begin:%Y-%m}")
        st.page_link(
            "pages/scenarios.py",
            label="See what it does to the forecast",
            help=message(
                "{deals} handed over, each won {loss} less often from then on; the slider there moves it.",
                deals=counted(len(deals), "open deal is", "open deals are"),
                loss=percent(loss),
            ),
            icon=":material/tune:",
            query_params={"also": to_link((setting,))},
        )
