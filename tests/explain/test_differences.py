from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from core.contracts.errors import ModelError
from core.explain import differences
from core.features import accounts, deals
from core.formats import chance


@pytest.fixture(scope="module")
def some(bundle):
    return bundle.churn_scores.sort("p_churn_90d", descending=True)["account_id"].head(12).to_list()


def test_an_account_since_last_week_adds_up_to_the_change(sample, settings, bundle, some):
    model, column = bundle.need_churn().ready(), f"p_churn_{settings.models.churn_days}d"
    before = accounts.build(sample, sample.as_of - timedelta(days=7), settings)
    for name in some:
        found = differences.account(sample, settings, bundle, name)
        now = bundle.churn_scores.filter(pl.col("account_id") == name)[column].item()
        then = float(model.predict(before.filter(pl.col("account_id") == name))[0])
        assert found.parts.shown == pytest.approx(100 * now)
        assert found.parts.base == pytest.approx(100 * then)
        assert found.parts.by_driver()["contribution"].sum() == pytest.approx(100 * (now - then), abs=1e-8)
        assert abs(found.parts.residual) < 1e-9
        assert chance(found.parts.shown / 100) in found.sentence()


def test_nothing_changed_is_said_so(sample, settings, bundle, some):
    found = differences.account(sample, settings, bundle, some[0], 0)
    assert "has stayed at" in found.sentence()
    assert "Nothing the model looks at" in found.sentence()
    assert "→" not in "".join(found.frame["value"].to_list())


def test_a_deal_since_last_week_adds_up(sample, settings, bundle):
    then = deals.build(sample, sample.as_of - timedelta(days=7), settings)
    name = bundle.deal_scores.join(then, on="opportunity_id", how="semi")["opportunity_id"][0]
    found = differences.deal(sample, settings, bundle, name, 60)
    p = bundle.deal_scores.filter(pl.col("opportunity_id") == name)["p_win_60"].item()
    assert found.parts.shown == pytest.approx(100 * p)
    assert "within 60 days" in found.sentence()
    assert found.ends[1] == f"{sample.as_of:%d %B}"
    between = differences.deal(sample, settings, bundle, name, 45)
    p_45 = bundle.deal_scores.filter(pl.col("opportunity_id") == name)["p_win_45"].item()
    assert between.parts.shown == pytest.approx(100 * p_45)
    assert between.parts.by_driver()["contribution"].sum() == pytest.approx(between.parts.shown - between.parts.base)


def test_what_was_not_there_a_week_ago_is_a_sentence(sample, settings, bundle, some):
    with pytest.raises(ModelError, match="did not pay on"):
        differences.account(sample, settings, bundle, some[0], 3000)
    with pytest.raises(ModelError, match="does not pay"):
        differences.account(sample, settings, bundle, "nobody")
    with pytest.raises(ModelError, match="no open deal"):
        differences.deal(sample, settings, bundle, "none")
    name = bundle.deal_scores["opportunity_id"][0]
    with pytest.raises(ModelError, match="not open on"):
        differences.deal(sample, settings, bundle, name, 90, 3000)


@pytest.mark.parametrize(("subject", "by"), [("churn", "region"), ("churn", "industry"), ("close", "segment")])
def test_two_groups_differ_by_what_their_drivers_sum_to(sample, settings, bundle, subject, by):
    found = differences.compare(sample, settings, bundle, by, subject=subject)
    known = differences.groups(sample, settings, bundle, by, subject)
    assert known["mean_rate"].is_sorted()
    assert found.ends == (known["value"][0], known["value"][-1])
    assert found.parts.shown - found.parts.base == pytest.approx(100 * (known["mean_rate"][-1] - known["mean_rate"][0]))
    assert found.parts.by_driver()["contribution"].sum() == pytest.approx(found.parts.shown - found.parts.base)
    assert (found.n_second, found.n_first) == (known["n"][-1], known["n"][0])
    assert " points higher than " in found.sentence()
    assert "points add" not in found.check()
    turned = differences.compare(sample, settings, bundle, by, known["value"][0], known["value"][-1], subject)
    assert turned.parts.by_driver()["contribution"].sum() == pytest.approx(found.parts.base - found.parts.shown)
    assert "points lower than" in turned.sentence()


def test_wrong_names_are_refused_with_the_closest(sample, settings, bundle):
    with pytest.raises(ModelError, match="region"):
        differences.compare(sample, settings, bundle, "regions")
    with pytest.raises(ModelError, match="EMEA"):
        differences.compare(sample, settings, bundle, "region", "EMEAA")
    with pytest.raises(ModelError, match="churn, close"):
        differences.compare(sample, settings, bundle, subject="mood")


def test_a_group_cut_from_the_whole_is_the_group_explained_alone(sample, settings, bundle):
    rows, known = differences._described(sample, settings, bundle, "region", "churn")
    alone = differences.explain(known.model, rows.filter(pl.col("region") == "EMEA"), unit="points")
    found = differences.compare(sample, settings, bundle, "region", "EMEA", "AMER")
    assert found.parts.shown == pytest.approx(alone.shown, abs=1e-9)
    assert found.n_second == alone.entities.height


def test_one_group_alone_cannot_be_compared(sample, settings, bundle, monkeypatch):
    rows, *rest = differences._described(sample, settings, bundle, "region", "churn")
    monkeypatch.setattr(differences, "_described", lambda *a: (rows.with_columns(region=pl.lit("X")), *rest))
    with pytest.raises(ModelError, match="no two groups"):
        differences.compare(sample, settings, bundle)


def test_a_shift_of_the_base_is_a_part_of_its_own(sample, settings, bundle, some, monkeypatch):
    model = bundle.need_churn().ready()
    row = bundle.account_features.filter(pl.col("account_id") == some[0])
    real = differences.explain

    def shifted(model_, frame, *more):
        found = real(model_, frame, *more)
        return replace(found, base=found.base + 0.5, shown=found.shown + 0.5) if frame is row else found

    monkeypatch.setattr(differences, "explain", shifted)
    found = differences.between(model, row.clone(), row)
    assert "The model's base" in found.frame["driver"].to_list()
