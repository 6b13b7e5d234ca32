"""Our contributions and shap's agree, are handed out as shap's own object, and shap is imported only when asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core import explain
from core.explain import contributions, drivers
from core.explain.explained_models import Subject, subject
from core.explain.interactions import _candidates, tree_strengths
from core.explain.tree_interactions import _runs, interaction_values, shap_module
from core.models.estimators.contenders import Trees

ROOT = Path(__file__).resolve().parents[2]


def trained(names, x, y, words=(), **options):
    import lightgbm as lgb

    plan = {"objective": "binary", "verbose": -1, "seed": 1, "num_threads": 1, "min_data_in_leaf": 5, **options}
    data = lgb.Dataset(x, y, categorical_feature=list(words), feature_name=list(names), params={"verbose": -1})
    return lgb.train(plan, data, 20)


@pytest.fixture(scope="module")
def grown():
    """Trees over numbers, missing values and categories in sets with gaps."""
    rng = np.random.default_rng(5)
    x = np.column_stack([rng.normal(size=3000), rng.normal(size=3000), rng.integers(0, 12, 3000).astype(float)])
    x[::7, 1] = np.nan
    margin = x[:, 0] * np.nan_to_num(x[:, 1]) + 1.5 * np.isin(x[:, 2], (1, 4, 5, 9)) * (x[:, 0] > 0)
    y = (rng.uniform(size=3000) < 1 / (1 + np.exp(-margin))).astype(float)
    booster = trained(("a", "b", "c"), x, y, words=(2,), max_cat_to_onehot=2)
    assert "||" in str(booster.dump_model()["tree_info"])
    return booster, np.vstack([x[:200], [[0.1, np.nan, np.nan], [0.1, 0.2, 40.0], [0.1, 0.2, -1.0]]])


def test_interactions_of_trees_sum_to_the_exact_contributions(grown):
    booster, rows = grown
    values = interaction_values(booster, rows)
    exact = booster.predict(rows, pred_contrib=True)
    assert values.shape == (len(rows), 3, 3)
    assert values.sum(axis=2) == pytest.approx(exact[:, :-1], abs=1e-9)
    assert values == pytest.approx(values.transpose(0, 2, 1), abs=1e-9)


def test_without_categories_they_are_those_of_the_tree_explainer():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2000, 3))
    y = (x[:, 0] * x[:, 1] > 0).astype(float)
    booster = trained(("a", "b", "c"), x, y)
    explainer = shap_module().TreeExplainer(booster)
    values = interaction_values(booster, x[:100])
    assert values == pytest.approx(np.asarray(explainer.shap_interaction_values(x[:100])), abs=1e-9)
    pairs = np.abs(values).mean(axis=0)
    assert pairs[0, 1] > 5 * max(pairs[0, 2], pairs[1, 2])


def test_runs_of_codes_by_hand():
    assert _runs([0, 1, 2, 5, 7, 8]) == [(0, 2), (5, 5), (7, 8)]
    assert _runs([]) == []


def test_pairs_of_trees_are_ranked_by_their_interaction(grown):
    class Model:
        feature_names_ = ("n_pushes", "amount", "n_contacts")
        calibrator_ = None

        def __init__(self, booster):
            self.booster_ = Trees(booster.model_to_string())

    booster, rows = grown
    frame = pl.DataFrame(rows, schema=list(Model.feature_names_))
    known = Subject(Model(booster), frame, "id", "deal", "be won")
    table = tree_strengths(known, frame)
    assert table.height == len(_candidates(known)) == 3
    assert set(table.row(0)[1:3]) == {"n_pushes", "amount"}
    values = interaction_values(booster, rows)[:, 0, 1]
    assert table["strength"][0] == pytest.approx(np.sqrt(np.mean((2 * values) ** 2)))


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier")
def test_the_churn_models_contributions_are_those_of_shap(sample, settings, bundle):
    known = subject(sample, settings, bundle, "churn")
    rows = known.rows.head(50)
    why = contributions.explain(known.model, rows)
    ours = why.to_shap()
    if isinstance(known.model.booster_, Trees):
        x = contributions.matrix(known.model, rows)
        explainer = shap_module().TreeExplainer(known.model.booster_.booster)
        assert ours.values == pytest.approx(np.asarray(explainer.shap_values(x)), abs=1e-9)
        assert ours.values == pytest.approx(interaction_values(known.model.booster_.booster, x).sum(axis=2), abs=1e-6)
    assert ours.base_values + ours.values.sum(axis=1) == pytest.approx(why.entities["shown"].to_numpy(), abs=1e-9)
    assert list(ours.feature_names) == [drivers.plain(name) for name in known.model.feature_names_]
    column = list(known.model.feature_names_).index("usage_30d")
    assert ours.data[:, column] == pytest.approx(rows["usage_30d"].to_numpy().astype(float), nan_ok=True)
    assert ours.data == pytest.approx(contributions.matrix(known.model, rows), nan_ok=True)
    assert ours.display_data[:, list(known.model.feature_names_).index("segment")].tolist() == rows["segment"].to_list()


def test_what_is_shown_of_a_deal_is_a_row_in_points(sample, settings, bundle):
    why = explain.deals.deal(sample, settings, bundle, str(bundle.deal_features["opportunity_id"][0]), 46)
    row = why.to_shap()
    assert row.shape == (1, len(row.feature_names))
    assert row.base_values[0] + row.values.sum() == pytest.approx(why.shown, abs=1e-6)
    assert "not known" in set(row.display_data.ravel()) or row.display_data.dtype == object


@pytest.mark.filterwarnings("ignore")
def test_the_plots_of_shap_draw_them(sample, settings, bundle, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    import matplotlib.pyplot as plt

    plots = shap_module().plots
    one = explain.deals.deal(sample, settings, bundle, str(bundle.deal_features["opportunity_id"][0]))
    plots.waterfall(one.to_shap()[0], show=False)
    assert any("=" in label.get_text() for label in plt.gca().get_yticklabels())
    plt.close("all")
    plots.beeswarm(explain.global_effects.overall(sample, settings, bundle, "close").to_shap(), show=False)
    assert plt.gca().collections
    plt.close("all")


FIRST_PAGE = """
import sys
from streamlit.testing.v1 import AppTest
test = AppTest.from_file("app.py", default_timeout=300).run()
assert not test.exception, test.exception
print(sorted({"shap", "numba", "matplotlib", "docx", "pptx", "pypdf", "fontTools"} & set(sys.modules)))
"""


def test_the_first_page_imports_no_slow_library(settings, bundle):
    env = {**os.environ, "QUARTERDECK_HOME": str(settings.home), "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", FIRST_PAGE.replace('"app.py"', repr(str(ROOT / "app.py")))],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip().splitlines()[-1] == "[]"
