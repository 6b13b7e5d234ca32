"""The sample's leads and touches agree with its deals, come in the right order, and carry what is planted."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.contracts import SCHEMAS
from core.metrics import channel_effect, lead_quality
from core.sample import lead_book, marketing
from core.sample.generate import shaped
from tests.metrics.companies import company, deal

START, AS_OF = date(2022, 4, 4), date(2026, 5, 15)


@pytest.fixture(scope="module")
def firm():
    rng = np.random.default_rng(3)
    deals = []
    for k in range(2_400):
        created = START + timedelta(days=int(rng.integers(0, 1_500)))
        close = created + timedelta(days=int(rng.integers(35, 120)))
        closed, won = close <= AS_OF, bool(rng.random() < 0.4)
        values = {"account_id": f"a{k % 90}", "created_on": created, "close_on": close, "amount": 10.0}
        values |= {"is_closed": closed, "is_won": closed and won, "owner_id": "r"}
        values |= {"opportunity_type": "expansion" if k % 3 else "new"}
        values |= {"lead_source": str(rng.choice(["Inbound", "Outbound", "Partner", "Event", "Referral"]))}
        deals.append(deal(f"d{k}", **values))
    accounts = [
        {
            "account_id": f"a{k}",
            "account_name": f"Firm {k}",
            "industry": "Energy",
            "region": "EMEA",
            "country": "France",
        }
        for k in range(90)
    ]
    data = company(AS_OF, opportunities=deals, accounts=accounts)
    made = marketing.build(5, data.opportunities, data.accounts, lambda *names: ["New"] * len(names[0]), START, AS_OF)
    return data.with_frames(**{name: shaped(frame, name) for name, frame in made.items()})


def test_leads_that_became_deals_point_to_real_ones_in_the_order_of_time(firm):
    leads = firm.leads.filter("is_converted").join(firm.opportunities, on="opportunity_id", suffix="_deal")
    assert leads.height == firm.leads["is_converted"].sum() > 400
    assert (leads["account_id"] == leads["account_id_deal"]).all()
    assert (leads["lead_source"] == leads["lead_source_deal"]).all()
    assert (leads["converted_on"] == leads["created_on_deal"]).all()
    assert (leads["created_on"] < leads["converted_on"]).all()
    assert (leads["answered_at"].dt.date() <= leads["converted_on"]).all()
    assert (firm.leads["created_on"] <= AS_OF).all()
    assert (firm.leads["answered_at"].dt.date().drop_nulls() <= AS_OF).all()


def test_touches_lie_in_front_of_the_end_and_in_campaigns_of_their_quarter(firm):
    touches = firm.campaign_touches.join(firm.opportunities, on="opportunity_id")
    ended = touches.filter("is_closed")
    assert (ended["touched_at"].dt.date() <= ended["close_on"]).all()
    dated = firm.campaign_touches.join(firm.campaigns, on="campaign_id")
    assert dated.height == firm.campaign_touches.height
    assert dated["touched_at"].dt.date().is_between(dated["started_on"], dated["ended_on"]).all()
    assert (dated["kind"] == dated["channel"]).all()


def test_what_is_planted_is_recovered(firm, settings):
    effect = channel_effect.beside_comparable(firm, settings, months=48).frame
    sure = set(effect.filter("is_sure")["channel"])
    assert {"Event", "Partner"} <= sure
    assert not {"E-mail", "Paid search"} & sure
    assert channel_effect.holdout(firm, settings).frame.filter("is_sure")["channel"].to_list() in (["Webinar"], [])
    quality = lead_quality.by_source(firm, settings, 48).frame
    order = quality["lead_source"].to_list()
    assert (order[0], order[-1]) == ("Referral", "Outbound")
    assert lead_quality.by_answer(firm, settings, 48).value > 0.05


def test_the_same_seed_makes_the_same_and_no_deal_is_changed(firm):
    def names(*given):
        return ["New"] * len(given[0])

    again = marketing.build(5, firm.opportunities, firm.accounts, names, START, AS_OF)
    assert shaped(again["leads"], "leads").equals(firm.leads)
    assert set(again) == {"campaigns", "leads", "campaign_touches"}
    assert not set(again) & set(SCHEMAS)


def test_a_company_without_new_deals_has_no_leads():
    data = company(AS_OF, accounts=[{"account_id": "a", "account_name": "A", "region": "EMEA", "country": "France"}])
    rng = np.random.default_rng(1)
    leads = lead_book.leads(rng, data.opportunities, data.accounts, lambda *names: [], AS_OF)
    assert leads.is_empty()
    assert lead_book.touches(rng, leads, AS_OF).is_empty()
    made = marketing.build(1, data.opportunities, data.accounts, lambda *names: [], START, AS_OF)
    assert made["campaign_touches"].height == 0
    assert isinstance(made["campaigns"], pl.DataFrame)
