"""What a role does not see is not in its data."""

from __future__ import annotations

import polars as pl
import pytest

from core.access import row_scope, view
from core.access.field_hiding import hide
from core.contracts.errors import AccessError, AmountsHiddenError
from core.metrics import bookings


def test_nothing_hidden_is_the_same_data(sample):
    assert hide(sample, ()) is sample


def test_amounts_are_gone_everywhere(sample, settings):
    part = view(sample, settings, ("EMEA",), "", False, ("amounts",))
    assert part.opportunities.height == view(sample, settings, ("EMEA",)).opportunities.height
    assert part.opportunities["amount"].null_count() == part.opportunities.height
    history = part.lazy("opportunity_history").collect()
    assert history.height
    assert history["amount"].null_count() == history.height
    assert part.products["list_price_amount"].null_count() == part.products.height
    assert (part.subscriptions.height, part.quotas.height, part.has("transactions")) == (0, 0, False)
    assert part.company is sample
    assert part.fingerprint != view(sample, settings, ("EMEA",)).fingerprint


def test_margin_is_unknown_and_revenue_stays(sample):
    part = hide(sample, ("margin",))
    lines, before = (data.lazy("transactions").collect() for data in (part, sample))
    assert lines["cost_amount"].null_count() == lines.height > 0
    assert lines["amount"].sum() == pytest.approx(before["amount"].sum())
    assert part.products["unit_cost_amount"].null_count() == part.products.height


def test_contacts_and_leads_are_left_out(sample, settings):
    part = view(sample, settings, (), "", True, ("contacts",))
    assert (part.contacts.height, part.leads.height, part.rejected.height) == (0, 0, 0)
    assert part.is_masked


def test_ones_own_team_is_found_by_the_mail_address_alone(sample):
    rep = sample.sales_team["rep_id"][0]
    users = pl.DataFrame(
        [(rep, "Bo@Example.com"), ("nobody", "x@example.com"), ("a", "two@example.com"), ("b", "two@example.com")],
        schema={"user_id": pl.String, "email": pl.String},
        orient="row",
    )
    company = sample.with_frames(users=users)
    assert row_scope.own_head(company, "bo@example.com") == rep
    for stranger in ("x@example.com", "two@example.com", "y@example.com", "local"):
        with pytest.raises(AccessError, match="Nobody in the sales team"):
            row_scope.own_head(company, stranger)


def test_without_exact_amounts_every_amount_has_two_digits(sample, settings):
    part = view(sample, settings, ("EMEA",), "", False, ("exact_amounts",))
    whole = view(sample, settings, ("EMEA",))
    assert part.amounts == "rounded"
    for name, column in (("opportunities", "amount"), ("subscriptions", "mrr_amount"), ("quotas", "quota_amount")):
        before, after = (data.frame(name)[column] for data in (whole, part))
        assert after.equals(before.round_sig_figs(2))
    history = part.lazy("opportunity_history").collect()["amount"].drop_nulls()
    assert history.equals(history.round_sig_figs(2))
    assert part.company is sample


def test_hidden_names_can_take_the_amounts_along(sample, settings):
    part = view(sample, settings, (), "", True, (), "hidden")
    assert part.is_masked
    assert part.amounts == "hidden"
    assert part.opportunities["amount"].null_count() == part.opportunities.height


def test_what_is_made_of_amounts_is_refused_without_them(sample, settings):
    with pytest.raises(AmountsHiddenError, match="hidden from you"):
        bookings.by_month(view(sample, settings, (), "", False, ("amounts",)), settings)
    bookings.by_month(view(sample, settings, (), "", False, ("exact_amounts",)), settings)
