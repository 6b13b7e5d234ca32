"""The same data give the same features and the same models, on however many threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from core.marts.exact import exact_sum
from core.sample import generate

ROOT = Path(__file__).resolve().parents[2]
FEATURES = """
import hashlib, json
from core.config import load
from core.models import churn
from core.sources import load_sample

settings = load()
marks = churn.marks(load_sample(settings), settings)
hashes = {name: marks[name].hash(7).to_numpy().tobytes() for name in marks.columns}
print(json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in hashes.items()}))
"""
TRAINING = """
import hashlib, json, sys
from pathlib import Path
from core.config import load
from core.models import registry
from core.models.train import train_all
from core.sources.folder import read_folder

settings = load()
data = read_folder(Path(sys.argv[1]), settings=settings)
folder = Path(sys.argv[2])
folder.mkdir()
registry.BundleCodec(settings).write(train_all(data, settings), folder)
print(json.dumps({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}))
"""


def said(script, threads, *args, home=None):
    """Run a script in a process of its own with so many threads, and return what it prints."""
    env = {**os.environ, "POLARS_MAX_THREADS": str(threads), **({"QUARTERDECK_HOME": str(home)} if home else {})}
    run = subprocess.run(
        [sys.executable, "-c", script, *map(str, args)], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.slow
def test_features_of_accounts_are_the_same_on_one_thread_and_on_three(default_sample, default_settings):
    one, three = (said(FEATURES, threads, home=default_settings.home) for threads in (1, 3))
    assert one == three
    assert "mrr_change_rate_180d" in one


@pytest.mark.slow
def test_models_trained_in_two_processes_are_byte_for_byte_the_same(tmp_path):
    generate(tmp_path / "company", accounts=130, transactions=2_000, seed=3, activities=6_000)
    one, three = (
        said(TRAINING, threads, tmp_path / "company", tmp_path / f"models-{threads}", home=tmp_path)
        for threads in (1, 3)
    )
    assert one == three
    assert {"close.json", "churn.json", "revenue.parquet", "bundle.json"} <= one.keys()


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_a_sum_is_the_same_in_every_order(order):
    amounts = pl.DataFrame({"amount": [0.1, 0.2, 0.3, 1e9]})[order]
    assert amounts.select(exact_sum("amount")).item() == 1_000_000_000.6
    assert amounts.select(exact_sum(pl.col("amount")).over(pl.lit(1)))["amount"].to_list() == [1_000_000_000.6] * 4


def test_nulls_count_as_nothing_and_cents_stay_cents():
    frame = pl.DataFrame({"who": ["a", "a", "b"], "amount": [137_168.0, 0.23, None]})
    sums = frame.group_by("who", maintain_order=True).agg(exact_sum("amount"))
    assert sums["amount"].to_list() == [137_168.23, 0.0]
    assert frame.clear().select(exact_sum("amount")).item() == 0.0
