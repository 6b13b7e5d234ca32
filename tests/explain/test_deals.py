"""What the close model would say if: possible rows, bounds, nearest past deals, what cannot be asked."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import explain
from core.access import view
from core.contracts.errors import ModelError
from core.explain import nearest_cases
from core.explain.counterfactual import constraints, deals, supposed_fields
from core.metrics import risk
from core.models import registry
from core.models.close import landmark_archive


@pytest.fixture(scope="module")
def one(sample, settings, bundle):
    return risk.at_risk(sample, settings).leading["opportunity_id"][0]


def row(**more):
    return {
        "stage_rank": 1,
        "days_in_stage": 30,
        "n_pushes": 2,
        "n_pulls": 1,
        "days_to_close": 20,
        "amount": 1000.0,
        "amount_change_rate": 0.25,
        "n_meetings_30d": 1,
        "n_meetings_60d": 3,
        "n_activities_30d": 4,
        "silence_days": 10,
        "n_contacts": 2,
        "age_days": 70,
        "meetings_per_week": 0.5,
        "meeting_pace": 6.5 / 14,
        **more,
    }


def test_what_follows_from_a_field_moves_with_it(settings):
    def follow(**moved):
        return constraints.follow(row(), moved, settings)[0]

    assert follow(stage_rank=3.0) == {"stage_rank": 3, "stage": "Proposal", "days_in_stage": 0}
    assert follow(days_to_close=50.0) == {"days_to_close": 50, "n_pushes": 3}
    assert follow(days_to_close=5.0) == {"days_to_close": 5, "n_pulls": 2}
    # First set at 800; 1,200 is half as much again.
    assert follow(amount=1200.0) == {"amount": 1200.0, "amount_change_rate": pytest.approx(0.5)}
    # 5 meetings in ten weeks; two more make 7.
    assert follow(n_meetings_30d=3.0) == {
        "n_meetings_30d": 3,
        "n_meetings_60d": 5,
        "n_activities_30d": 6,
        "silence_days": 10,
        "meetings_per_week": pytest.approx(0.7),
        "meeting_pace": pytest.approx(8.5 / 14),
    }
    assert follow(n_contacts=5.0) == {"n_contacts": 5}


def test_what_is_not_known_stays_so(settings):
    bare = row(amount_change_rate=None, n_pushes=None, n_meetings_60d=None, age_days=None, silence_days=None)
    assert constraints.follow(bare, {"amount": 5.0, "days_to_close": 90.0}, settings)[0] == {
        "amount": 5.0,
        "days_to_close": 90,
    }
    touched = constraints.follow(bare, {"n_meetings_30d": 2.0}, settings)[0]
    assert touched == {"n_meetings_30d": 2, "n_activities_30d": 5, "silence_days": 29}


@pytest.mark.parametrize(
    ("moved", "met", "done", "silence", "is_noted"),
    [
        ({"silence_days": 45.0}, 0, 0, 45, False),
        ({"silence_days": 45.0, "n_meetings_30d": 2.0}, 2, 5, 29, True),
        ({"silence_days": 2.0}, 1, 4, 2, False),
        ({"n_activities_30d": 0.0}, 0, 0, 30, False),
        ({"n_activities_30d": 2.0, "n_meetings_30d": 6.0}, 6, 6, 10, True),
        ({"n_activities_30d": 0.0, "silence_days": 3.0}, 0, 1, 3, True),
    ],
)
def test_meetings_activities_and_silence_agree(settings, moved, met, done, silence, is_noted):
    found, notes = constraints.follow(row(), moved, settings)
    assert [found[name] for name in constraints.TOUCHES] == [met, done, silence]
    assert bool(notes) is is_noted
    assert all(n.startswith("Meetings, activities and silence have to agree; taken instead: ") for n in notes)


def test_a_deal_too_young_to_have_been_silent_is_not_known_to_be(settings):
    found, _ = constraints.follow(row(age_days=12), {"n_activities_30d": 0.0}, settings)
    assert found["silence_days"] is None


SUPPOSED = {
    "n_meetings_30d": st.integers(0, 12),
    "n_activities_30d": st.integers(0, 20),
    "silence_days": st.integers(0, 90),
    "amount": st.integers(1, 10**6),
    "days_to_close": st.integers(0, 200),
    "stage_rank": st.integers(0, 4),
}


@given(
    st.fixed_dictionaries({}, optional=SUPPOSED),
    st.integers(0, 5),
    st.integers(0, 4),
    st.integers(0, 5),
    st.integers(95, 400),
)
def test_every_supposed_deal_could_exist(settings, moved, met, before, others, age):
    quiet = 4 if met + others else 40
    own = row(
        n_meetings_30d=met,
        n_meetings_60d=met + before,
        n_activities_30d=met + others,
        silence_days=quiet,
        age_days=age,
        meetings_per_week=(met + before) / (age / 7),
    )
    found, _ = constraints.follow(own, {k: float(v) for k, v in moved.items()}, settings)
    whole = {**own, **found}
    assert 0 <= whole["n_meetings_30d"] <= whole["n_meetings_60d"] or whole["silence_days"] >= 60
    assert whole["n_meetings_30d"] <= whole["n_activities_30d"]
    assert (whole["n_activities_30d"] > 0) == (whole["silence_days"] < 30)
    assert whole["meetings_per_week"] * age / 7 >= whole["n_meetings_60d"] - 1e-9
    assert whole["silence_days"] < 60 or whole["n_meetings_60d"] == 0
    assert whole["n_pushes"] - own["n_pushes"] + whole["n_pulls"] - own["n_pulls"] <= 1


def test_sliders_put_back_give_the_old_chance_of_the_reasons(sample, settings, one, bundle, landmarks):
    known = deals.fields(sample, settings, bundle, landmarks, one)
    assert {f.name for f in known} <= set(constraints.LABELS)
    assert all(f.low <= f.now <= f.high and f.step > 0 for f in known)
    still = deals.suppose(sample, settings, bundle, landmarks, one, tuple((f.name, f.now) for f in known))
    assert still.after == still.before
    assert 100 * still.before == pytest.approx(explain.deals.deal(sample, settings, bundle, one).shown)
    assert still.frame.height == deals.CASES
    assert still.frame["opportunity_id"].is_unique().all()
    assert one not in still.frame["opportunity_id"]
    assert "(+0.0 points)" in still.sentence()
    assert still.along == ""
    late = deals.suppose(sample, settings, bundle, landmarks, one, (("days_to_close", 150.0),))
    pushes = bundle_row(bundle, one)["n_pushes"] + 1
    assert late.along == f"This changes too: times pushed: {pushes}."


def bundle_row(bundle, one):
    return bundle.deal_features.row(by_predicate=pl.col("opportunity_id") == one, named=True)


def test_meetings_and_contacts_never_lower_the_chance(sample, settings, one, bundle, landmarks):
    for name in ("n_meetings_30d", "n_contacts"):
        field = next(f for f in deals.fields(sample, settings, bundle, landmarks, one) if f.name == name)
        told = [
            deals.suppose(sample, settings, bundle, landmarks, one, ((name, v),)).after
            for v in (field.low, field.now, field.high)
        ]
        assert told == sorted(told)


def test_between_two_horizons_the_chance_lies_between(sample, settings, one, bundle, landmarks):
    chances = [deals.suppose(sample, settings, bundle, landmarks, one, days=d).before for d in (60, 75, 90)]
    assert chances[0] < chances[1] < chances[2]
    assert chances[1] == pytest.approx(bundle.deal_scores.filter(opportunity_id=one)["p_win_75"].item())


def test_what_became_of_the_nearest_is_read_off_the_data(sample, settings, one, bundle, landmarks):
    found = deals.suppose(sample, settings, bundle, landmarks, one, (("n_meetings_30d", 6.0),))
    ends = sample.opportunities.select("opportunity_id", "is_won", "is_closed", ended_on="close_on")
    rows = found.frame.join(ends, on="opportunity_id")
    assert (rows["as_of"].dt.offset_by("90d") <= sample.as_of).all()
    in_time = pl.col("is_closed") & (pl.col("ended_on") <= pl.col("as_of").dt.offset_by("90d"))
    won, lost = (rows.filter(in_time & (pl.col("is_won") == won)).height for won in (True, False))
    assert found.became() == (
        f"Of 30 similar past deals, {won} were won in that time, {lost} lost and {30 - won - lost} are still open."
    )


def test_what_lies_outside_the_past_is_warned_of(sample, settings, one, bundle, landmarks):
    wild = deals.suppose(sample, settings, bundle, landmarks, one, (("n_contacts", 400.0), ("days_to_close", 5000.0)))
    assert "Contacts of 400 is outside what past deals had." in wild.warnings
    assert any(w.startswith("Hardly any past deal looked like this") for w in wild.warnings)
    for name, value in (
        ("n_contacts", -1.0),
        ("stage_rank", 9.0),
        ("stage_rank", -1.0),
        ("amount", float("nan")),
        ("n_contacts", float("inf")),
    ):
        with pytest.raises(ModelError, match=r"cannot be .*Take "):
            deals.suppose(sample, settings, bundle, landmarks, one, ((name, value),))
    with pytest.raises(ModelError, match="Did you mean 'n_contacts'"):
        deals.suppose(sample, settings, bundle, landmarks, one, (("n_contact", 1.0),))
    with pytest.raises(ModelError, match="no open deal"):
        deals.fields(sample, settings, bundle, landmarks, "closed since")


def test_one_persons_part_is_held_beside_its_own_past_only(sample, settings, bundle, landmarks):
    mine = view(sample, settings, ("EMEA",))
    deal = mine.opportunities.join(bundle.deal_features, on="opportunity_id", how="semi")["opportunity_id"][0]
    own = registry.load_or_train(mine, settings)
    part = deals.suppose(mine, settings, own, landmarks, deal)
    whole = deals.suppose(sample, settings, bundle, landmarks, deal)
    assert part.before == whole.before
    assert set(part.frame["opportunity_id"]) <= set(mine.opportunities["opportunity_id"])
    masked = view(sample, settings, ("EMEA",), "", True)
    hidden = deals._past(masked, settings, landmark_archive.load_or_build(masked, settings), 90)
    assert hidden.height == deals._past(mine, settings, landmarks, 90).height
    assert not set(hidden["opportunity_id"]) & set(sample.opportunities["opportunity_id"])


def test_without_a_past_nothing_can_be_moved_or_held_beside(sample, settings, one, bundle, monkeypatch, landmarks):
    monkeypatch.setattr(deals, "_past", lambda *_: pl.DataFrame())
    assert deals.fields(sample, settings, bundle, landmarks, one) == []
    crowd = deals._crowd.__wrapped__(sample, settings, bundle, landmarks, 90)
    assert crowd.nearest(bundle.deal_features.head(1), 5)[0].is_empty()
    assert "no similar past cases" in deals.Supposed(0.1, 0.2, pl.DataFrame(), (), 90).sentence()


def test_a_deal_without_an_amount_is_supposed_without_one(sample, settings, bundle, landmarks):
    bare = bundle.deal_features.filter(pl.col("amount").is_null())["opportunity_id"][0]
    names = [f.name for f in deals.fields(sample, settings, bundle, landmarks, bare)]
    assert "n_contacts" in names
    assert "amount" not in names
    assert "against" in deals.suppose(sample, settings, bundle, landmarks, bare, (("n_contacts", 5.0),)).sentence()


def test_where_the_base_rate_serves_it_is_said():
    model = SimpleNamespace(card_={"winner": "base rate", "winner_lost": "base rate"})
    assert deals._flat(model, {"n_contacts": 3.0})[0].startswith("There are too few past deals")
    assert deals._flat(model, {}) == []


def test_bounds_by_hand():
    money = pl.Series([1000.0, 99_000.0])
    assert supposed_fields.bounds(money, 250_000.0, is_money=True) == (1000.0, 250_000.0, 1000.0)
    assert supposed_fields.bounds(pl.Series([3, 3]), 3.0) is None
    assert supposed_fields.bounds(pl.Series([], dtype=pl.Float64), 3.0) is None
    assert supposed_fields.bounds(pl.Series([0.0, 1.0]), 0.5) == (0.0, 1.0, 0.01)
    assert supposed_fields.bounds(pl.Series([0.0, 10.0]), 12.0) == (0.0, 12.0, 0.1)
    with pytest.raises(NotImplementedError):
        supposed_fields.Supposed(0.1, 0.2, money.to_frame("x"), (), 90).sentence()


def test_the_nearest_by_hand():
    past = pl.DataFrame(
        {
            "deal": ["A", "A", "B", "C"],
            "as_of": [1, 2, 1, 1],
            "x": [0, 10, 20, 30],
            "y": [1.0, 1.0, None, 9.0],
        }
    )
    crowd = nearest_cases.Crowd.of(past, ["x", "y", "z"], "deal", {"x": 1.0, "y": 0.1})
    asked = pl.DataFrame({"x": [11], "y": [1.0]})
    found, far = crowd.nearest(asked, 2)
    # x lies above two of four: A's second landmark at 1/4, B at 2/4.
    assert found["deal"].to_list() == ["B", "A"]
    assert found["distance"].to_list() == pytest.approx([0.05, 0.25])
    assert far is False
    assert crowd.nearest(asked, 2, but="B")[0]["deal"].to_list() == ["A", "C"]
    assert nearest_cases.Crowd.of(past.head(2), ["x"], "deal").nearest(asked, 2, but="A")[0].is_empty()
