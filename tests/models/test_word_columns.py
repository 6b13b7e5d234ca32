"""Columns with a word of its own per deal, and with thousands of words: learnt from within bounds, and told."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from core.features import deals
from core.models.close import model, word_columns

N_DEALS, N_WORDS = 774, 5_000
MOST_BYTES, MOST_SECONDS = 1_500_000_000, 60
ROOT = Path(__file__).resolve().parents[2]
TRAIN = """
import json, resource, sys
from core.config import load
from core.config.stages import fitted
from core.models.close.model import CloseModel, marks
from core.sources import read_folder
settings = load(environ={"QUARTERDECK_HOME": sys.argv[2]})
settings = settings.model_copy(update={"models": settings.models.model_copy(update={"deal_fields": ("notes",)})})
data = read_folder(sys.argv[1], settings=settings)
settings = fitted(settings, data)
rows = marks(data, settings)
fitted_model = CloseModel(settings).fit(rows)
used = resource.getrusage(resource.RUSAGE_SELF)
seconds = used.ru_utime + used.ru_stime
try:  # ru_maxrss of a child begins with what its parent had
    lines = open("/proc/self/status").read().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
except OSError:
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"bytes": peak, "seconds": seconds, "left_out": fitted_model.card_["left_out"], "rows": rows.height}))
"""


def deals_file(folder):
    draw = random.Random(3)
    lines = ["opportunity_id,stage,amount,created_on,close_on,is_closed,is_won,lead_source,competitor,notes"]
    for k in range(N_DEALS):
        created = date(2022, 1, 1) + timedelta(days=draw.randrange(1_000))
        close = created + timedelta(days=draw.randrange(30, 300))
        end = draw.choice(["won", "lost", "open"])
        stage = {"won": "Closed Won", "lost": "Closed Lost", "open": "Discovery"}[end]
        words = " ".join(draw.choice(["they", "want", "a", "plan", "soon", "late"]) for _ in range(12))
        cells = [f"D{k}", stage, draw.randrange(1_000, 90_000), created, close, end != "open", end == "won"]
        cells += [f"found by {words} {k}", f"rival {draw.randrange(N_WORDS)}", f"note {k}: {words}"]
        lines.append(",".join(map(str, cells)))
    (folder / "opportunities.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.slow
def test_deals_with_wide_texts_train_within_memory_and_time(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    deals_file(folder)
    run = subprocess.run(
        [sys.executable, "-c", TRAIN, str(folder), str(tmp_path / "home")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["bytes"] < MOST_BYTES
    assert told["seconds"] < MOST_SECONDS
    assert set(told["left_out"]) == {"lead_source", "competitor", "own_notes"}
    assert all("different words in" in why for why in told["left_out"].values())


def landmarks_of(n_deals, words, name="industry"):
    return pl.DataFrame(
        {
            "opportunity_id": [f"D{k}" for k in range(n_deals) for _ in range(2)],
            "as_of": [date(2025, 1, 1), date(2025, 2, 1)] * n_deals,
            **{c: [None] * (2 * n_deals) for c in deals.CATEGORIES if c != name},
            name: [words(k) for k in range(n_deals) for _ in range(2)],
        },
        schema_overrides=dict.fromkeys(deals.CATEGORIES, pl.String),
    )


def test_of_many_words_the_commonest_are_learnt_and_the_rest_told():
    _, words, cut = word_columns.columns(landmarks_of(400, lambda k: f"w{k % 90:02d}"))
    assert len(words["industry"]) == word_columns.MOST_WORDS
    assert cut == {"industry": "all but the 60 commonest of its 90 words"}
    assert words["segment"] == ()


def test_a_column_that_names_the_deal_teaches_nothing():
    names, words, cut = word_columns.columns(landmarks_of(100, lambda k: f"w{k}"))
    assert (words["industry"], cut) == ((), {"industry": "it holds 100 different words in 100 deals"})
    assert "industry" in names


def test_few_words_are_all_learnt_even_where_deals_are_few():
    _, words, cut = word_columns.columns(landmarks_of(8, lambda k: f"w{k}"))
    assert (words["industry"], cut) == (tuple(f"w{k}" for k in range(8)), {})


def test_rows_are_bounded_as_deals_are(monkeypatch):
    monkeypatch.setattr(model, "MOST_ROWS", 40)
    rows = landmarks_of(100, lambda k: "w")
    kept = model._spread(rows, 1_000)
    assert kept.height == 40
    assert kept["opportunity_id"].n_unique() == 20
    assert model._spread(rows, 10)["opportunity_id"].n_unique() == 10
