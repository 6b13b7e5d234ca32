"""What a person sees: rows cut to region and team, names hidden, models those of the company."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from core.access import identify, masking, rights, row_scope, view
from core.access.identity import Identity
from core.config.settings import Person
from core.contracts import SCHEMAS
from core.contracts.errors import AccessError
from core.metrics import bookings, pipeline
from core.models import registry

PEOPLE = {
    "Ana@Example.com": {"roles": ["leader"], "name": "Ana", "regions": ["EMEA"]},
    "bo@example.com": {"roles": ["rep"], "team_of": "R001"},
    "cy@example.com": {"roles": ["captain"], "regions": ["Mars"]},
    "di@example.com": {"roles": ["rep"], "regions": ["Mars"]},
    "ed@example.com": {"roles": ["rep"], "team_of": "nobody", "mask_names": True},
}


@pytest.fixture
def guarded(settings):
    values = settings.model_dump()
    values["access"] |= {"sign_in": "header", "people": PEOPLE}
    return type(settings).model_validate(values)


@pytest.fixture(scope="module")
def head(sample):
    """Return the manager with the most people today."""
    now = sample.sales_team.filter(pl.col("valid_to").is_null() & pl.col("manager_id").is_not_null())
    return now["manager_id"].value_counts(sort=True)["manager_id"][0]


def test_a_listed_person_is_known_whatever_the_case(guarded):
    ana = identify(" ANA@example.com ", None, guarded)
    assert (ana.user, ana.name, ana.roles, ana.regions) == ("ana@example.com", "Ana", ("leader",), ("EMEA",))
    assert ana.scope() == "EMEA"


@pytest.mark.parametrize(("user", "says"), [("", "signed in"), (None, "signed in"), ("eve@example.com", "no role")])
def test_strangers_are_not_let_in(guarded, user, says):
    with pytest.raises(AccessError, match=says):
        identify(user, "Eve", guarded)


def test_everyone_else_gets_the_role_that_is_set(guarded):
    opened = guarded.model_copy(update={"access": guarded.access.model_copy(update={"everyone_else": ("presales",)})})
    eve = identify("eve@example.com", "Eve", opened)
    assert (eve.name, eve.roles, eve.scope()) == ("Eve", ("presales",), "the whole company")


def test_a_region_keeps_its_accounts_and_all_that_hangs_on_them(sample, settings):
    part = view(sample, settings, ("EMEA",))
    held = set(part.accounts["account_id"])
    assert set(part.accounts["region"]) == {"EMEA"}
    for name in ("opportunities", "transactions", "subscriptions", "activities"):
        assert set(part.frame(name)["account_id"]) <= held
    assert set(part.frame("opportunity_history")["opportunity_id"]) <= set(part.opportunities["opportunity_id"])
    assert part.whole is sample
    assert part.products.equals(sample.products)


def test_regions_add_up_to_the_company(sample, settings):
    regions = sample.accounts["region"].drop_nulls().unique().sort().to_list()
    parts = [view(sample, settings, (region,)) for region in regions]
    assert sum(p.opportunities.height for p in parts) == sample.opportunities.height
    whole = pipeline.open_pipeline(sample, settings).value
    assert sum(pipeline.open_pipeline(p, settings).value or 0 for p in parts) == pytest.approx(whole, abs=0.01)
    booked = bookings.quarter_to_date(sample, settings).value
    assert sum(bookings.quarter_to_date(p, settings).value or 0 for p in parts) == pytest.approx(booked, abs=0.01)


def test_a_team_is_its_head_and_all_below(sample, settings, head):
    team = row_scope.reports(sample.sales_team, head, sample.as_of)
    part = view(sample, settings, (), head)
    assert head in team
    assert len(team) > 2
    assert set(part.opportunities["owner_id"]) <= team
    assert part.opportunities.height == sample.opportunities.filter(pl.col("owner_id").is_in(list(team))).height
    assert set(part.quotas["rep_id"]) <= team


def test_reports_go_down_every_level_and_end_at_a_ring():
    rows = {"rep_id": ["a", "b", "c", "d"], "manager_id": ["c", "a", "b", None]}
    people = pl.DataFrame(rows).with_columns(valid_from=pl.date(2025, 1, 1), valid_to=pl.lit(None, pl.Date))
    assert row_scope.reports(people, "a", people["valid_from"][0]) == {"a", "b", "c"}
    assert row_scope.reports(people, "d", people["valid_from"][0]) == {"d"}


@pytest.mark.parametrize("who", [{"regions": ("Mars",)}, {"team_of": "nobody"}])
def test_bounds_that_do_not_exist_show_nothing(sample, settings, who):
    with pytest.raises(AccessError, match=r"Mars|nobody"):
        view(sample, settings, **who)


def test_a_part_is_scored_by_the_companys_models(sample, settings, bundle):
    part = view(sample, settings, ("EMEA",))
    found = registry.load_or_train(part, settings)
    assert found.key != bundle.key
    assert 0 < found.deal_scores.height < bundle.deal_scores.height
    both = found.deal_scores.join(bundle.deal_scores, on="opportunity_id", suffix="_whole")
    assert both.height == found.deal_scores.height
    assert (both["p_win_90"] == both["p_win_90_whole"]).all()


def test_hidden_names_hardly_change_a_score(sample, settings, bundle):
    hidden = view(sample, settings, is_masked=True)
    found = registry.load_or_train(hidden, settings)
    assert found.close is bundle.close
    assert set(found.deal_scores["opportunity_id"]) <= set(hidden.opportunities["opportunity_id"])
    apart = found.deal_scores["p_win_90"].sort() - bundle.deal_scores["p_win_90"].sort()
    assert apart.abs().max() < 0.02  # head counts keep two digits, and a model may look at them
    assert registry.is_trained(hidden, settings)
    cut = registry.load_or_train(view(sample, settings, ("EMEA",), is_masked=True), settings)
    plain = registry.load_or_train(view(sample, settings, ("EMEA",)), settings)
    assert cut.churn_scores.height == plain.churn_scores.height > 0


def test_masked_data_keeps_its_contract_and_its_numbers(sample, settings):
    hidden = view(sample, settings, is_masked=True)
    for name, schema in SCHEMAS.items():
        schema.validate(hidden.frame(name))
        assert hidden.frame(name).height == sample.frame(name).height
    assert pipeline.open_pipeline(hidden, settings).value == pipeline.open_pipeline(sample, settings).value
    assert hidden.fingerprint != sample.fingerprint
    assert hidden.opportunities["account_id"].n_unique() == sample.opportunities["account_id"].n_unique()


def test_no_name_and_no_id_of_the_company_is_left(sample, settings):
    own = sample.with_frames(
        accounts=sample.accounts.with_columns(
            note=pl.lit("Call Ada"), score=pl.lit(3), account_name="Zz " + pl.col("account_id")
        ),
        opportunities=sample.opportunities.with_columns(next_step=pl.col("opportunity_id") + " ring Ada"),
    )
    hidden = masking.mask(own, settings)
    assert "note" not in hidden.accounts.columns
    assert hidden.accounts["score"].to_list()[:1] == [3]
    text = "\n".join(hidden.frame(name).head(2000).write_csv() for name in SCHEMAS if name != "products")
    for column in ("account_id", "account_name"):
        assert not [v for v in own.accounts[column].head(200) if v in text]
    assert not [v for v in own.opportunities["opportunity_id"].head(200) if v in text]
    assert set(hidden.accounts["account_id"]).isdisjoint(own.accounts["account_id"])
    assert set(hidden.sales_team["rep_id"]).isdisjoint(own.sales_team["rep_id"])
    assert set(hidden.opportunities["next_step"].drop_nulls()) == {"Hidden"}
    assert hidden.accounts["account_name"].n_unique() == hidden.accounts.height


def test_names_are_the_same_every_time_and_hang_on_the_key(sample, settings):
    def named(key: str) -> pl.Series:
        access = settings.access.model_copy(update={"mask_key": key})
        return masking.mask(sample, settings.model_copy(update={"access": access})).accounts["account_name"]

    assert named("one").equals(named("one"))
    assert not named("one").equals(named("two"))


def test_money_is_scaled_by_one_factor(sample, settings):
    access = settings.access.model_copy(update={"mask_amounts": True})
    hidden = masking.mask(sample, settings.model_copy(update={"access": access}))
    factor = hidden.quotas["quota_amount"][0] / sample.quotas["quota_amount"][0]
    assert 0.6 <= factor <= 1.6
    assert hidden.frame("transactions")["amount"].sum() == pytest.approx(
        sample.frame("transactions")["amount"].sum() * factor
    )
    assert hidden.subscriptions["mrr_amount"][0] == pytest.approx(sample.subscriptions["mrr_amount"][0] * factor)


def test_a_masked_team_is_the_same_team(sample, settings, head):
    plain, hidden = view(sample, settings, (), head), view(sample, settings, (), head, True)
    assert hidden.opportunities.height == plain.opportunities.height > 0
    assert hidden.whole is not None
    assert "masked" in hidden.source


def test_rights_table_says_who_may_what(sample, guarded):
    table = rights.by_role(sample, guarded)
    row = table.frame.row(by_predicate=pl.col("Area") == "Scenarios", named=True)
    assert (row["Admin"], row["Leader"], row["Rep"]) == ("Write", "Write", "–")
    assert "proxy" in table.sentence()


def test_mistakes_in_the_list_of_people_are_named(sample, guarded):
    found = rights.people(sample, guarded)
    problems = dict(found.frame.select("user", "problem").iter_rows())
    assert problems["ana@example.com"] is None
    assert "captain" in problems["cy@example.com"]
    assert "Mars" in problems["di@example.com"]
    assert "nobody" in problems["ed@example.com"]
    assert "nobody else is let in" in found.sentence()
    assert (
        "takes effect once" in rights.people(sample, guarded.model_copy(update={"access": _none(guarded)})).sentence()
    )


def _none(settings):
    return settings.access.model_copy(update={"sign_in": "none", "everyone_else": ("rep",)})


def test_scope_in_words():
    led = replace(Identity("", "", ()), regions=("EMEA", "APAC"), team_of="R1")
    assert led.scope({"R1": "Ada"}) == "EMEA, APAC and Ada's team"
    assert replace(led, regions=(), roles=("rep",)).scope({"R1": "Ada"}) == "Ada's deals"


def test_an_administrator_of_a_region_is_not_told_who_leads_a_team_elsewhere(sample, settings):
    team = sample.sales_team.filter(pl.col("region") != "EMEA").row(0, named=True)
    mine = sample.sales_team.filter(pl.col("region") == "EMEA").row(0, named=True)
    listed = {
        "far@example.com": Person(roles=("rep",), team_of=team["rep_id"]),
        "near@example.com": Person(roles=("rep",), team_of=mine["rep_id"]),
    }
    asked = settings.model_copy(update={"access": settings.access.model_copy(update={"people": listed})})
    for is_masked in (False, True):
        part = view(sample, settings, ("EMEA",), "", is_masked)
        frame = rights.people(part, asked).frame
        text = frame.write_json()
        assert team["rep_name"] not in text
        assert team["rep_id"] not in text
        scopes = dict(frame.select("user", "scope").iter_rows())
        assert "outside your part" in scopes["far@example.com"]
        names = set(part.sales_team["rep_name"])
        assert scopes["near@example.com"].removesuffix("'s deals") in names
    assert team["rep_name"] in rights.people(sample, asked).frame.write_json()
