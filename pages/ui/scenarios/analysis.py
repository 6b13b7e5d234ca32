"""The cells below the levers: what a goal takes, what matters most, which deals decide, how far to trust it."""

from __future__ import annotations

import streamlit as st

from core.charts import scenarios as charts
from core.localization import message
from core.scenarios.analysis import backtest, goal_seek, sensitivity
from core.scenarios.analysis.whatif import NOUNS, Ground
from core.scenarios.levers import LEVERS
from pages.ui.kit import cache
from pages.ui.kit.cells import cell
from pages.ui.kit.column_layout import told_apart
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import HALF
from pages.ui.kit.shell import Page
from pages.ui.scenarios.form import ScenarioForm

CERTAIN = {0.5: "50 %", 0.7: "70 %", 0.8: "80 %", 0.9: "90 %"}
SOUGHT = {
    "label": "Lever",
    "shown": st.column_config.TextColumn("Needed", width=150),
    "rank": st.column_config.TextColumn("In your history", width=185),
    "is_seen": st.column_config.CheckboxColumn("Seen before"),
    "effort": st.column_config.NumberColumn("Effort", format="%.1f"),
}
DEALS = {
    "opportunity_name": "Deal",
    "amount": st.column_config.NumberColumn("Amount", format="compact"),
    "p_win": st.column_config.ProgressColumn("Win chance this quarter", format="percent", min_value=0, max_value=1),
    "variance_share": st.column_config.NumberColumn("Share of uncertainty", format="percent"),
    "p_if_won": st.column_config.NumberColumn("Chance of quota if won", format="percent"),
    "p_if_lost": st.column_config.NumberColumn("if lost", format="percent"),
    "stage": "Stage",
    "close_on": st.column_config.DateColumn("Expected close"),
    "segment": "Segment",
}
TESTED = {
    "quarter": "Quarter",
    **{
        name: st.column_config.NumberColumn(title, format="compact")
        for name, title in (
            ("actual_amount", "Actual"),
            ("plain_amount", "Without levers"),
            ("told_amount", "With actual levers"),
            ("lower", "Range, low"),
            ("upper", "high"),
            ("actual_mrr_amount", "MRR actual"),
            ("told_mrr_amount", "MRR with actual levers"),
        )
    },
    **{n: st.column_config.NumberColumn(LEVERS[n].label, format="percent") for n in backtest.TOLD},
}
PAIRED = [n for n in sensitivity.SWINGS if n != "slip"]


@st.fragment
def goal(page: Page, form: ScenarioForm) -> None:
    """Ask what a goal takes."""
    ground = form.ground
    with cell(page, "What would it take?", "Goal", span=None, room=HALF) as c:
        first, second, third = st.columns([2, 2, 1], vertical_alignment="bottom")
        usual = round((ground.base.target or ground.before().spread.mean) * 1.1 / 1e6, 1)
        usual = max(usual, round(ground.before().spread.mean * 1.05 / 1e6, 1))
        wanted = first.number_input(
            message("Bookings goal, {currency} M", currency=ground.base.currency), 0.0, 1e6, usual, 0.5, key="goal"
        )
        sure = second.selectbox("Confidence", list(CERTAIN), format_func=CERTAIN.get, key="goal_sure")
        third.button("Again", key="goal_again", help="From the current levers", icon=":material/refresh:")
        with st.expander("Effort per lever"):
            st.caption("Effort for 1 % (or one unit) of each lever; the easiest mix needs the least effort.")
            efforts = _efforts()
        sought = goal_seek.seek(ground, form.plan, goal_seek.Goal(wanted * 1e6, sure), efforts)
        c.answer(sought.sentence())
        if not sought.is_there:
            c.table(sought.frame.drop("lever", "value"), column_config=SOUGHT)
            c.answer(sought.mix_sentence())
        if sought.mix.levers:
            st.button("Set the sliders to this mix", on_click=_take, args=(form, sought), icon=":material/tune:")


def _efforts() -> dict[str, float]:
    places = st.columns(4)
    return {
        name: places[i % 4].number_input(
            LEVERS[name].label, 0.1, 1000.0, LEVERS[name].effort, 0.5, key=f"effort_{name}"
        )
        for i, name in enumerate(goal_seek.SOUGHT)
    }


def _take(form: ScenarioForm, sought: goal_seek.Sought) -> None:
    """Put the mix on top of what is set, and draw the whole page with it."""
    form.add(*sought.mix.levers)
    st.rerun()


@st.fragment
def matters(page: Page, form: ScenarioForm) -> None:
    """Show which lever matters most, and two against each other."""
    ground = form.ground
    with cell(page, "Which lever matters most?", "What matters", span=None) as c:
        measures = ["bookings_amount", "margin_amount", "mrr_amount"]
        measure = st.segmented_control(
            "Measure",
            measures,
            default=measures[0],
            required=True,
            format_func=lambda n: NOUNS[n].capitalize(),
            key="tornado_measure",
            label_visibility="collapsed",
        )
        tornado = sensitivity.tornado(ground, form.plan, measure)
        c.answer(tornado.sentence())
        if not tornado.frame.is_empty():
            c.draw(charts.tornado(tornado.frame, page.settings.currency, measure), key="tornado")
        if st.toggle("Compare two levers", key="two_levers"):
            left, right = st.columns(2)
            across = left.selectbox("Across", PAIRED, format_func=_label, key="heat_x")
            up = right.selectbox("Up", PAIRED, index=2, format_func=_label, key="heat_y")
            heat = sensitivity.heat_map(ground, form.plan, across, up)
            c.answer(heat.sentence())
            c.draw(charts.heat_map(heat.frame, _label(across), _label(up), page.settings.currency), key="heat")


@st.fragment
def deciding(page: Page, form: ScenarioForm) -> None:
    """Show the five deals that decide the quarter, and let each be taken as won, lost or moved."""
    ground = form.ground
    with cell(page, "Which deals decide the quarter?", "Deals", span=None) as c:
        decisive = sensitivity.decisive(ground, form.plan)
        c.answer(decisive.sentence())
        if decisive.frame.is_empty():
            return
        c.table(decisive.frame, column_config=DEALS, column_order=list(DEALS))
        names = dict(ground.base.open_deals.select("opportunity_id", "opportunity_name").iter_rows())
        labels = told_apart(names.items())
        first, second, third, fourth = st.columns([3, 2, 1, 1], vertical_alignment="bottom")
        order = [*decisive.frame["opportunity_id"], *sorted(set(names) - set(decisive.frame["opportunity_id"]))]
        deal = first.selectbox(
            "What if this deal", order, format_func=lambda key: labels.get(key, key), key="named_deal"
        )
        what = second.segmented_control("is", ["won", "lost", "moved"], default="lost", required=True, key="named_what")
        weeks = third.number_input("weeks later", -26, 26, 4, key="named_weeks", disabled=what != "moved")
        if fourth.button("Add", key="named_add", icon=":material/add:", width="stretch"):
            form.add_deal(deal, what, float(weeks))
            st.rerun()


def trust(page: Page, ground: Ground) -> None:
    """Report the test of the levers on past quarters, and how far deals share one fate."""
    with cell(page, "How accurate is this?", "Accuracy") as c:
        tested = cache.result(backtest.run, page.data, page.settings)
        c.answer(tested.sentence())
        if not tested.frame.is_empty():
            c.draw(charts.tested(tested.frame, page.settings.currency), key="tested")
            with st.expander("Quarter by quarter"):
                c.table(tested.frame, column_config=TESTED)
        st.caption(escaped(ground.base.correlation.sentence()))
        c.method(backtest.run, tested.frame)


def _label(name: str) -> str:
    return LEVERS[name].label
