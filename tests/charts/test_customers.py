from __future__ import annotations

import polars as pl

from core import explain, metrics
from core.charts import customers as draw


def rows(chart):
    """Every row a chart holds, over its data sets."""
    return sum(len(data) for data in chart.to_dict()["datasets"].values())


def test_charts_of_the_company_draw(sample, settings, bundle, customers):
    year = explain.accounts.outlook(sample, settings, customers)
    assert rows(draw.months(year.frame, "USD")) == 36
    trial = explain.accounts.on_trial(sample, settings, customers)
    assert rows(draw.lead(trial.lead)) == trial.lead.height
    assert rows(draw.lift(trial.lift)) == trial.lift.height + 1
    kept = metrics.retention.last_year(sample, settings)
    assert rows(draw.retention(kept.frame)) == 3 * kept.frame.height
    table = metrics.retention.cohorts(sample, settings)
    for rate in metrics.retention.RATES.values():
        ages = (pl.col("age_months") % 3 == 0) & (pl.col("age_months") <= draw.LONGEST_AGE)
        assert rows(draw.cohorts(table.frame, rate)) == table.frame.filter("is_whole", ages).height
        pale = table.frame.filter(~pl.col("is_whole"))
        assert rows(draw.cohorts(pale, rate)) == pale.filter(ages).height
    value = explain.accounts.worth(sample, settings, customers)
    assert rows(draw.worth(value.frame, "USD")) == 15
    assert rows(draw.curves(value.checks)) == value.checks.height
    found = explain.accounts.groups(sample, settings)
    drawn = draw.groups(found.frame, found.axes, found.profile["group"].to_list())
    assert rows(drawn) <= found.frame.height


def test_charts_of_one_account_draw(sample, settings, bundle, customers):
    account = explain.accounts.listed(sample, settings, bundle, customers).frame["account_id"][0]
    whole = metrics.engagement.account(sample, settings, account)
    assert rows(draw.timeline(whole.events, metrics.engagement.KINDS)) == whole.events.height
    for chart in (draw.usage(whole.months), draw.tickets(whole.months), draw.contract(whole.months, "USD")):
        assert rows(chart) == 24
    assert draw.mood(whole.months).to_dict()["layer"]
    ahead = explain.accounts.ahead(sample, settings, customers, account)
    assert rows(draw.staying(ahead.frame)) == 26
    steady = pl.DataFrame({"driver": ["Usage"], "top_rate": [1.0], "least": [1.0], "most": [2.0]})
    assert rows(draw.steadiness(steady)) == 1
