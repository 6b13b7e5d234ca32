"""The flow's laws over random histories, against a walk of each deal in plain Python and against SQL."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import duckdb
import polars as pl
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from core.config import load
from core.metrics import flow, pipeline_path
from core.metrics.deal_scope import window
from tests.metrics.companies import company, deal, rep

START = date(2026, 3, 20)
SPAN = 24
LAST = START + timedelta(days=SPAN)
SETTINGS = load(environ={})
CLOSES = [None, date(2026, 3, 10), date(2026, 3, 28), date(2026, 4, 30), date(2026, 7, 9), date(2026, 12, 1)]
STAGES = ["Proposal", "Proposal", "Discovery", "Negotiation", "Closed Won", "Closed Lost"]
TEAM = [
    rep("ann", "EMEA 1", date(2026, 1, 1), START + timedelta(days=9)),
    rep("ann", "APAC 1", START + timedelta(days=9)),
    rep("bob", "EMEA 1", date(2026, 1, 1)),
    rep("cy", "APAC 1", date(2026, 1, 1), START + timedelta(days=4)),
    rep("cy", "EMEA 2", START + timedelta(days=4), START + timedelta(days=15)),
    rep("cy", "EMEA 1", START + timedelta(days=15)),
]
SCOPES = [
    ("company", None),
    ("region", "EMEA"),
    ("team", "EMEA 1"),
    ("team", "APAC 1"),
    ("rep", "ann"),
    ("segment", "SMB"),
]

change = st.fixed_dictionaries(
    {
        "day": st.integers(0, SPAN),
        "stage": st.sampled_from(STAGES),
        "amount": st.one_of(st.none(), st.integers(0, 9_999_999).map(lambda cents: cents / 100)),
        "close_on": st.sampled_from(CLOSES),
        "owner_id": st.sampled_from(["ann", "bob", "cy", None]),
        "is_deleted": st.sampled_from([False] * 7 + [True]),
        "gap": st.sampled_from([False] * 7 + [True]),
    }
)
history = st.lists(change, min_size=1, max_size=8)
firm = st.lists(history, min_size=1, max_size=5)


def built(firm):
    """Return the company, and each deal's states in order with the ends they really have."""
    rows, deals, accounts = [], [], []
    for k, changes in enumerate(firm):
        ordered = sorted(changes, key=lambda c: c["day"])
        for c, after in zip(ordered, [*ordered[1:], None], strict=True):
            begin = START + timedelta(days=c["day"])
            end = START + timedelta(days=after["day"]) if after else None
            if c["gap"] and (end is None or end > begin + timedelta(days=1)):
                end = begin + timedelta(days=1)
            kept = {name: c[name] for name in ("stage", "amount", "close_on", "owner_id", "is_deleted")}
            rows.append(kept | {"opportunity_id": f"d{k}", "valid_from": begin, "valid_to": end})
        deals.append(deal(f"d{k}", account_id=f"a{k % 2}"))
    accounts = [{"account_id": "a0", "segment": "SMB"}, {"account_id": "a1", "segment": "Enterprise"}]
    data = company(LAST, opportunities=deals, opportunity_history=rows, accounts=accounts, sales_team=TEAM)
    return data, rows


def team_of(owner, day, hierarchy):
    spans = sorted((r for r in TEAM if r["rep_id"] == owner), key=lambda r: r["valid_from"])
    seen = [r for r in spans if r["valid_from"] <= (LAST if hierarchy == "now" else day)]
    return (seen or spans)[-1] if spans else {"team": "No team", "region": "No region"}


def belongs(state, deal_id, day, level, name, hierarchy):
    if level == "company":
        return True
    if level == "segment":
        return ("SMB" if int(deal_id[1:]) % 2 == 0 else "Enterprise") == name
    if level == "rep":
        return state["owner_id"] == name
    return team_of(state["owner_id"], day, hierarchy)[level] == name


def kind(state):
    if state["is_deleted"]:
        return "Deleted"
    return {"Closed Won": "Won", "Closed Lost": "Lost"}.get(state["stage"], "open")


def events_of(mine):
    """Return a deal's changes as (day, state): its own, those of its owner's team, and its end."""
    events = []
    for r, after in zip(mine, [*mine[1:], None], strict=True):
        events.append((r["valid_from"], r))
        stop = after["valid_from"] if after else date(9999, 1, 1)
        ends = min(r["valid_to"] or date(9999, 1, 1), stop)
        if kind(r) == "open":
            begun = {s["valid_from"] for s in TEAM if s["rep_id"] == r["owner_id"]}
            events += [(d, r) for d in sorted(begun) if r["valid_from"] < d < stop and d < ends]
            if ends < stop and ends <= LAST:
                events.append((ends, r | {"is_deleted": True}))
    return events


def by_hand(rows, since, until, level, name, due, hierarchy):
    """Walk each deal change by change, as the definition says, with nothing but loops."""
    sums, dates = defaultdict(int), window(due, until, SETTINGS)

    def due_in(close):
        if dates.is_any:
            return True
        return close is not None and (not dates.begin or close >= dates.begin) and (not dates.end or close <= dates.end)

    def cents(state):
        return round(state["amount"] * 100) if state["amount"] is not None else 0

    for deal_id in {r["opportunity_id"] for r in rows}:
        mine = [dict(r) for r in rows if r["opportunity_id"] == deal_id]
        events = events_of(mine)
        before, before_day = None, None
        opening = closing = None
        for day, state in events:
            now = dict(state)
            if kind(now) == "Won" and before is not None:
                now |= {c: before[c] for c in ("amount", "close_on", "owner_id") if now[c] is None}
            if day <= since:
                opening = (now, day)
            if day <= until:
                closing = (now, day)
            if since < day <= until:
                for step, amount in moves(before, before_day, now, day, deal_id, level, name, hierarchy, due_in, cents):
                    sums[step] += amount
            before, before_day = now, day
        for end, found, on in (("Opening", opening, since), ("Closing", closing, until)):
            held = found and kind(found[0]) == "open" and due_in(found[0]["close_on"])
            if held and belongs(found[0], deal_id, on, level, name, hierarchy):
                sums[end] += cents(found[0])
    return sums


def moves(before, before_day, now, day, deal_id, level, name, hierarchy, due_in, cents):
    was = before is not None and kind(before) == "open"
    is_open, won = kind(now) == "open", kind(now) == "Won" and not (before is not None and kind(before) == "Won")
    s1, d1, a1 = belongs(now, deal_id, day, level, name, hierarchy), due_in(now["close_on"]), cents(now)
    if not was:
        if (is_open or won) and s1 and d1:
            yield "New", a1
            if won:
                yield "Won", -a1
        return
    s0 = belongs(before, deal_id, before_day, level, name, hierarchy)
    d0, a0 = due_in(before["close_on"]), cents(before)
    if not is_open and not won:
        if s0 and d0:
            yield kind(now), -a0
        return
    if s0 and d0 and a1 != a0:
        yield ("Increased" if a1 > a0 else "Decreased"), a1 - a0
    if s0 and d1 and not d0:
        yield "Pulled in", a1
    if s0 and d0 and not d1:
        late = now["close_on"] is None or (before["close_on"] and now["close_on"] > before["close_on"])
        yield ("Pushed out" if late else "Pulled out"), -a1
    if d1 and s1 != s0:
        yield ("Transferred in", a1) if s1 else ("Transferred out", -a1)
    if won and s1 and d1:
        yield "Won", -a1


asked = st.tuples(
    st.sampled_from(SCOPES),
    st.sampled_from(["any date", "this quarter", "next quarter"]),
    st.sampled_from(["then", "now"]),
    st.integers(0, SPAN),
    st.integers(0, SPAN),
)
slow = rules(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def cents_of(found):
    return {step: round(amount * 100) for step, _, amount in found.frame.iter_rows() if amount}


@slow
@given(firm, asked)
def test_the_flow_is_the_walk_of_each_deal_and_closes_to_the_cent(firm, ask):
    (level, name), due, hierarchy, one, other = ask
    since, until = (START + timedelta(days=d) for d in sorted((one, other)))
    data, rows = built(firm)
    truth = {k: v for k, v in by_hand(rows, since, until, level, name, due, hierarchy).items() if v}
    try:
        found = flow.flow(data, SETTINGS, since, until, level, name, due, hierarchy)
    except flow.ContractError:
        assert truth == {}
        return
    assert found.residual == 0
    assert cents_of(found) == truth


@slow
@given(firm, asked)
def test_the_two_ends_alone_walk_the_same_way_and_the_path_hides_nothing(firm, ask):
    (level, name), due, hierarchy, one, other = ask
    since, until = (START + timedelta(days=d) for d in sorted((one, other)))
    data, _ = built(firm)
    how = (data, SETTINGS, since, until, level, name, due, hierarchy)
    try:
        whole, found = flow.flow(*how), pipeline_path.path(*how)
    except flow.ContractError:
        return
    change = round((whole.amount("Closing") - whole.amount("Opening")) * 100)
    assert sum(round(a * 100) for a in found.steps["ends_amount"]) == change
    path = {step: round(a * 100) for step, a in found.steps.select("step", "amount").iter_rows() if a}
    assert path == {step: cents for step, cents in cents_of(whole).items() if step in flow.MOVES}


@slow
@given(firm, asked)
def test_two_windows_end_to_end_are_one(firm, ask):
    _, due, hierarchy, one, other = ask
    middle, last = (START + timedelta(days=d) for d in sorted((one, other)))
    if window(due, middle, SETTINGS) != window(due, last, SETTINGS):
        return
    data, _ = built(firm)
    how = ("company", None, due, hierarchy)
    halves = [flow.flow(data, SETTINGS, *ends, *how) for ends in ((START, middle), (middle, last))]
    whole = flow.flow(data, SETTINGS, START, last, *how)
    for step in flow.MOVES:
        assert round(whole.amount(step) * 100) == sum(round(h.amount(step) * 100) for h in halves)


@slow
@given(firm, st.sampled_from(["then", "now"]), st.sampled_from(["team", "rep", "region"]), st.integers(0, SPAN))
def test_parts_add_up_and_what_one_gives_another_gets(firm, hierarchy, level, day):
    data, _ = built(firm)
    since = START + timedelta(days=day)
    parts = flow.parts(data, SETTINGS, since, LAST, level, "any date", hierarchy)
    whole = flow.flow(data, SETTINGS, since, LAST, hierarchy=hierarchy)
    for step in ("Opening", "New", "Increased", "Decreased", "Won", "Lost", "Deleted", "Closing"):
        assert round(parts[step].sum() * 100) == round(whole.amount(step) * 100)
    assert round(parts["Transferred in"].sum() * 100) == -round(parts["Transferred out"].sum() * 100)


@slow
@given(firm)
def test_the_order_of_deals_does_not_matter(firm):
    data, _ = built(firm)
    turned = data.with_frames(
        opportunity_history=pl.concat(
            data.frame("opportunity_history").partition_by("opportunity_id", maintain_order=True)[::-1]
        )
    )
    ends = (START, LAST, "team", "EMEA 1")
    assert flow.flow(data, SETTINGS, *ends).frame.equals(flow.flow(turned, SETTINGS, *ends).frame)


ORACLE = """
with states as (
    select opportunity_id, valid_from as day, valid_to, round(amount * 100)::bigint as cents, close_on, owner_id, ord,
        case when is_deleted then 'deleted' when stage = 'Closed Won' then 'won'
             when stage = 'Closed Lost' then 'lost' else 'open' end as state
    from history where valid_from <= $until
), moved as (
    select *, lag(state) over w as state0, lag(close_on) over w as close0, lag(owner_id) over w as owner0,
        lag(cents) over w as cents0
    from states window w as (partition by opportunity_id order by day, ord)
), seen as (
    select *, coalesce(owner_id in (select rep_id from members), false) as s1,
        coalesce(owner0 in (select rep_id from members), false) as s0,
        coalesce(close_on <= $due, false) as d1, coalesce(close0 <= $due, false) as d0,
        coalesce(state0 = 'open', false) as was, coalesce(cents, 0) as a1, coalesce(cents0, 0) as a0
    from moved where day > $since
), named as (
    select 'New' as step, a1 as amount from seen where not was and state = 'open' and s1 and d1
    union all select 'New', a1 from seen where not was and state = 'won' and state0 is distinct from 'won' and s1 and d1
    union all select if(a1 > a0, 'Increased', 'Decreased'), a1 - a0 from seen
        where was and state in ('open', 'won') and s0 and d0 and a1 <> a0
    union all select 'Pulled in', a1 from seen where was and state in ('open', 'won') and s0 and d1 and not d0
    union all select 'Pushed out', -a1 from seen where was and state in ('open', 'won') and s0 and d0 and not d1
    union all select 'Transferred in', a1 from seen where was and state in ('open', 'won') and d1 and s1 and not s0
    union all select 'Transferred out', -a1 from seen where was and state in ('open', 'won') and d1 and s0 and not s1
    union all select 'Won', -a1 from seen
        where state = 'won' and state0 is distinct from 'won' and s1 and d1
    union all select 'Lost', -a0 from seen where was and state = 'lost' and s0 and d0
    union all select 'Deleted', -a0 from seen where was and state = 'deleted' and s0 and d0
)
select step, sum(amount)::bigint from named group by step having sum(amount) <> 0
"""


def test_the_sample_again_in_sql(sample, settings):
    since, until = sample.as_of - timedelta(days=120), sample.as_of
    history = sample.frame("opportunity_history").with_row_index("ord")
    team = sample.sales_team.sort("valid_from").unique("rep_id", keep="last")
    with duckdb.connect() as connection:
        connection.register("history", history.to_arrow())
        for region in ("AMER", "EMEA", "APAC"):
            connection.register("members", team.filter(pl.col("region") == region).to_arrow())
            rows = connection.execute(ORACLE, {"since": since, "until": until, "due": date(2026, 6, 30)}).fetchall()
            found = flow.flow(sample, settings, since, until, "region", region, "this quarter", "now")
            mine = {k: v for k, v in cents_of(found).items() if k not in ("Opening", "Closing")}
            assert mine == dict(rows)
