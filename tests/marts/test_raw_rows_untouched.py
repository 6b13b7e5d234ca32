"""No page, download, model or replay reads a row of transactions, activities or the history of deals.

The three tables of a company are put behind a seal that notes and refuses whatever is asked of them; the marts were
made before. Everything else is as it was, but for results and charts, which are worked out anew.
"""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core import marts
from core.artifacts import forget_all
from core.charts import snapshot
from core.config import load
from core.contracts import RAW_FRAMES
from core.scope import Scope, applied
from core.sources import loading
from pages.ui.kit import scope_bar
from pages.ui.kit import snapshot as taking

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]
WHOLE = Scope()
SCOPED = ("app.py", "pages/pipeline.py", "pages/customers.py")
QUICK = ("pages/pipeline.py",)  # Each page begins from nothing, which takes long: the others are slow parts.
MADE_ANEW = {"results", "charts", "replay-days", "snapshots"}
CONTENT = """
page = shell.open("Data")
rows = page.data.frame("transactions")
st.write(rows.height)
"""


class SealedError(AssertionError):
    """A raw row was asked for."""


class Sealed:
    """Stands for a raw table and refuses everything; what was asked, and by whom, is noted."""

    def __init__(self, name: str, asked: list[str]) -> None:
        object.__setattr__(self, "note", (name, asked))

    def __getattribute__(self, name: str) -> object:
        if name == "__class__":
            return Sealed
        entity, asked = object.__getattribute__(self, "note")
        callers = [f for f in traceback.extract_stack()[:-1] if str(ROOT) in f.filename and "/.venv/" not in f.filename]
        if callers and callers[-1].filename.endswith("artifacts/sizes.py"):
            raise AttributeError(name)  # The memory asks everything how large it is.
        asked.append(f"{entity}.{name}: {' < '.join(f'{Path(f.filename).name}:{f.lineno}' for f in callers[:-4:-1])}")
        raise SealedError(asked[-1])


def sealed(data, home, asked):
    """Return a company whose raw tables are sealed, with its marts made."""
    marts.of(data)
    raw = {name: Sealed(name, asked) for name in RAW_FRAMES}
    return replace(data, **raw, known_fingerprint=data.fingerprint, home=home)


@pytest.fixture(scope="module")
def home(small, small_settings, small_bundle, tmp_path_factory):
    """A home that holds the small company's marts and models, and nothing of what was worked out for a page."""
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook

    marts.of(small)
    account_outlook.load_or_build(small, small_settings, small_bundle)
    landmark_archive.load_or_build(small, small_settings)
    folder = tmp_path_factory.mktemp("home")
    for kind in (small_settings.home / "artifacts").iterdir():
        if kind.is_dir() and kind.name not in MADE_ANEW:
            shutil.copytree(kind, folder / "artifacts" / kind.name)
    return folder


@pytest.fixture
def asked():
    """What was asked of the raw tables."""
    return []


@pytest.fixture
def company(small, home, asked, monkeypatch, tmp_path):
    """The sealed company, served to every page in place of what the settings name."""
    from pages.ui.kit import cache, data_states

    monkeypatch.setenv("QUARTERDECK_HOME", str(home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    forget_all()
    data = sealed(small, home, asked)
    for module in (cache, data_states, loading):
        monkeypatch.setattr(module, "load_data", lambda *_, **__: data)
    yield data
    forget_all()


def opened(
    root: Path, page: str, taken: list[snapshot.Snapshot], monkeypatch: pytest.MonkeyPatch, scope: Scope = WHOLE
) -> AppTest:
    monkeypatch.setattr(taking, "offer", lambda page: taken.append(taking.taken(page, page.shown)))
    test = AppTest.from_file(str(root / "app.py"), default_timeout=300)
    for name, value in scope.parameters.items():
        test.query_params[name] = value
    return (test if page == "app.py" else test.switch_page(page)).run()


def listed(pages: Iterable[str]) -> list[Any]:
    """Return test cases; those not among the quick pages are run by the slow parts alone."""
    return [pytest.param(page, marks=() if page in QUICK else pytest.mark.slow) for page in pages]


@pytest.mark.parametrize("page", listed(PAGES))
def test_a_page_and_what_it_hands_out_read_no_raw_row(page, company, asked, monkeypatch):
    taken: list[snapshot.Snapshot] = []
    test = opened(ROOT, page, taken, monkeypatch)
    assert not test.exception
    assert not test.error
    snapshot.html(taken[-1])
    assert asked == []


@pytest.mark.parametrize("page", listed(SCOPED))
def test_a_page_of_one_family_reads_no_raw_row(page, small, small_settings, company, asked, monkeypatch):
    family = Scope(family=small.products["family"][0])
    part = applied(small, small_settings, family)
    marts.of(part)  # The builder alone reads a part's rows; its tables are those of the sealed company's part.
    assert applied(company, small_settings, family).fingerprint == part.fingerprint
    assert asked == []
    chosen: list[scope_bar.Chosen] = []
    whole = scope_bar.applied_to

    def noted(*given):
        chosen.append(whole(*given))
        return chosen[-1]

    monkeypatch.setattr(scope_bar, "applied_to", noted)
    test = opened(ROOT, page, [], monkeypatch, family)
    assert not test.exception
    assert not test.error
    assert {each.data.fingerprint for each in chosen} == {part.fingerprint}
    assert asked == []


@pytest.fixture
def planted(tmp_path):
    """A copy of the app whose Data page reads a raw table."""
    copy = tmp_path / "app"
    (copy / "pages").mkdir(parents=True)
    shutil.copy(ROOT / "app.py", copy)
    for page in (ROOT / "pages").glob("*.py"):
        shutil.copy(page, copy / "pages")
    data_page = copy / "pages" / "data.py"
    content = data_page.read_text(encoding="utf-8")
    data_page.write_text(content.replace('page = shell.open("Data")', CONTENT.strip()), encoding="utf-8")
    return copy


def test_a_planted_read_is_noticed(planted, company, asked, monkeypatch):
    test = opened(planted, "pages/data.py", [], monkeypatch)
    assert test.exception or test.error or asked
    assert any(note.startswith("transactions.") for note in asked)


def test_the_seal_refuses_everything(small, asked):
    data = sealed(small, small.home, asked)
    reads: list[Callable[[], object]] = [
        lambda: data.frame("activities").height,
        lambda: data.lazy("transactions"),
        lambda: data.opportunity_history.columns,
        lambda: data.later("activities", lambda rows: rows).collect(),
        lambda: data.with_frames().fingerprint,
    ]
    for count, read in enumerate(reads, 1):
        with pytest.raises(SealedError):
            read()
        assert len(asked) == count
    assert "test_raw_rows_untouched.py" in asked[0]


@pytest.mark.slow
def test_training_and_replays_read_no_raw_row(small, asked, tmp_path):
    from core.config.calendar import quarter_start
    from core.forecasts import backtest
    from core.models import train
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook
    from core.scenarios.analysis import backtest as levers

    settings = load(environ={"QUARTERDECK_HOME": str(tmp_path)})
    shutil.copytree(small.home / "artifacts" / "marts", tmp_path / "artifacts" / "marts")
    forget_all()
    data = sealed(small, tmp_path, asked)
    bundle = train.train_all(data, settings)
    assert not bundle.problems, bundle.problems
    account_outlook.load_or_build(data, settings, bundle)
    landmark_archive.load_or_build(data, settings)
    period = quarter_start(data.as_of, settings)
    start = quarter_start(period - timedelta(days=1), settings)
    model = backtest.twin(data, settings, start)
    frames, _ = backtest.one(data, settings, start + timedelta(days=30), model, pl.DataFrame(schema=backtest.SCORES))
    assert frames[0].height
    assert levers.run(data, settings).frame.height
    assert asked == []
