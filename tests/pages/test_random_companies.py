"""Every page on ten random companies: no exception, no cell that failed unforeseen, one value for one figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from core import metrics
from core.formats import Formats
from pages.ui.kit.cells import shown
from tests.oracles.random_company import AS_OF, CALENDARS, built, settings_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]
TILES = (
    metrics.bookings.quarter_to_date,
    metrics.bookings.revenue,
    metrics.recurring.mrr,
    metrics.pipeline.open_pipeline,
    metrics.winrate.win_rate,
    metrics.winrate.deal_size,
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_every_page_opens(seed, settings, monkeypatch, tmp_path):
    fiscal = CALENDARS[seed % len(CALENDARS)]
    config = tmp_path / "quarterdeck.yaml"
    config.write_text(yaml.safe_dump({"fiscal": fiscal}), encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(config))
    ends = "inclusive" if seed % 2 else "exclusive"
    calendar = settings_of(fiscal)
    data = replace(built(seed, AS_OF[seed % len(AS_OF)], calendar, ends), is_transient=True)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    test.session_state["uploaded_data"] = data
    figures: dict[str, str] = {}
    for page in PAGES:
        test = test.run() if page == "app.py" else test.switch_page(page).run()
        assert not test.exception, page
        assert not [w.value for w in test.warning if "under the reference" in w.value], page
        for metric in test.metric:
            assert figures.setdefault(metric.label, metric.value) == metric.value, (page, metric.label)
    for tile in TILES:
        measure = tile(data, calendar)
        assert figures[measure.name] == shown(measure, calendar.currency, Formats())
