"""Which documents go with wins: by hand, again in SQL, planted and null effects."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pytest

from core.metrics import content_effect
from tests.metrics.companies import company
from tests.metrics.learning_companies import AS_OF, shown, use, won_deal

CREATED, CLOSED = date(2025, 12, 1), date(2026, 3, 1)


def deal(name, won=True, **more):
    return won_deal(name, "a", CLOSED, won, created_on=CREATED, **more)


def test_uses_by_hand(settings):
    deals = [deal("w1", amount=100.0), deal("w2", amount=50.0), deal("lost", won=False), deal("renewed")]
    deals[3]["opportunity_type"] = "renewal"
    uses = [
        use("w1", "Sheet ", date(2025, 12, 5), content_kind="PDF"),
        use("w1", "Sheet", date(2025, 12, 6)),
        use("lost", "Sheet", date(2026, 2, 20)),
        use("w2", "Sheet", date(2026, 3, 2)),  # after the end
        use("renewed", "Sheet", date(2025, 12, 5)),
        use("unknown", "Sheet", date(2025, 12, 5)),
        use("lost", "Deck", date(2025, 12, 5)),
    ]
    measure = content_effect.by_content(company(AS_OF, opportunities=deals, content_uses=uses), settings)
    sheet, deck = measure.frame.rows(named=True)
    assert (sheet["content"], sheet["content_kind"], sheet["n_uses"], sheet["n_deals"]) == ("Sheet", "PDF", 3, 2)
    assert (sheet["n_won"], sheet["won_rate"], sheet["won_amount"], sheet["n"]) == (1, 0.5, 100.0, 1)
    assert (deck["content"], deck["n_won"], deck["n_deals"]) == ("Deck", 0, 1)
    assert sheet["difference"] is None
    assert measure.value == 0.5
    assert "None was used early in 10 deals" in measure.sentence()


def test_planted_documents_are_found_and_the_others_not(settings):
    data = shown(np.random.default_rng(5), 700, {"Story": 1.2, "Deck": 0.0, "Sheet": 0.0})
    measure = content_effect.by_content(data, settings)
    assert measure.frame.filter("is_sure")["content"].to_list() == ["Story"]
    assert "Story +" in measure.sentence()


def test_again_in_sql(settings):
    """All deals lie in one stratum: the pooled difference is the plain one."""
    data = shown(np.random.default_rng(4), 300, {"Story": 0.8, "Deck": 0.0})
    uses, deals = data.content_uses, data.opportunities
    rows = duckdb.sql(
        """
        with used as (select distinct content_name, opportunity_id from uses where used_on <= date '2025-12-31'),
        marked as (
            select n.content_name, d.is_won::int as won, u.opportunity_id is not null as is_used
            from deals d cross join (select distinct content_name from used) n
            left join used u on u.opportunity_id = d.opportunity_id and u.content_name = n.content_name
        )
        select content_name, count(*) filter (is_used), avg(won) filter (is_used),
            avg(won) filter (is_used) - avg(won) filter (not is_used)
        from marked group by content_name order by content_name
        """
    ).fetchall()
    frame = content_effect.by_content(data, settings).frame.sort("content")
    assert [row[0] for row in rows] == frame["content"].to_list()
    for (_, n, rate, gap), ours in zip(rows, frame.rows(named=True), strict=True):
        assert (n, rate, gap) == pytest.approx((ours["n"], ours["win_rate"], ours["difference"]))
    assert uses.height > deals.height / 3


def test_nothing_is_claimed_where_nothing_is(settings):
    measure = content_effect.by_content(shown(np.random.default_rng(3), 400, {"Deck": 0.0, "Sheet": 0.0}), settings)
    assert not measure.frame["is_sure"].any()
    assert "No document used early goes with a difference beyond chance" in measure.sentence()


def test_without_uses_or_deals_it_says_so(settings):
    assert content_effect.by_content(company(AS_OF), settings).sentence() == "No use of content in deals is loaded."
    alone = company(AS_OF, content_uses=[use("d", "Deck", CREATED)])
    measure = content_effect.by_content(alone, settings)
    assert measure.value is None
    assert measure.frame.is_empty()
    assert "No document was used" in measure.sentence()
    lost = company(AS_OF, opportunities=[deal("d", won=False)], content_uses=[use("d", "Deck", CREATED)])
    assert content_effect.by_content(lost, settings).frame["won_rate"].to_list() == [None]
