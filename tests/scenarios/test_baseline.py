"""The baseline is read off what it is handed: nothing is trained, fetched or written on its way."""

from __future__ import annotations

import pytest

from core.artifacts.cache import ArtifactCache
from core.models import outlook, registry
from core.scenarios.analysis import whatif
from core.scenarios.data import baseline
from core.scenarios.engine import expectation, win_timing
from core.scenarios.levers import Scenario


@pytest.fixture
def no_registry(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("The models were fetched.")

    for name in ("load_or_train", "train_all"):
        monkeypatch.setattr(registry, name, refuse)
    get = ArtifactCache.get

    def only_tables(cache, kind, *rest):
        return get(cache, kind, *rest) if kind.name == "marts" else refuse()

    monkeypatch.setattr(ArtifactCache, "get", only_tables)


@pytest.mark.usefixtures("no_registry")
def test_asking_for_a_baseline_neither_trains_nor_writes(sample, settings, bundle, tmp_path):
    away = settings.model_copy(update={"home": tmp_path / "none"})
    handed = baseline.build(sample, away, bundle)
    assert handed.rescore is not None
    assert handed.correlation.is_measured
    without = baseline.build(sample, away, None)
    assert without.rescore is None
    assert not without.correlation.is_measured
    assert whatif.ground(sample, away, None).base.forecast is None
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("no_registry")
def test_the_ground_stands_where_the_models_it_is_handed_say(sample, settings, bundle, tmp_path):
    away = settings.model_copy(update={"home": tmp_path / "none"})
    ground = whatif.ground(sample, away, bundle)
    row = outlook.current(sample, away, bundle).frame.row(-1, named=True)
    assert ground.before().spread.mean == pytest.approx(row["amount"], rel=1e-9)
    assert ground.before().spread.quantile(0.1) == pytest.approx(row["lower"], rel=1e-3)
    assert ground.before().spread.quantile(0.9) == pytest.approx(row["upper"], rel=1e-3)
    assert not (tmp_path / "none").exists()


def test_deals_to_come_bring_in_the_quarter_what_the_forecast_counts(sample, settings, bundle):
    base = baseline.build(sample, settings, bundle)
    books = base.laid_out(expectation.Books)
    assert books is base.laid_out(expectation.Books)
    wins = win_timing.arrivals(books, Scenario())
    assert float(books.size @ wins[:, :3].sum(axis=1)) == pytest.approx(base.new_amount)
