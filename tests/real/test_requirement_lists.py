"""Real requirement lists of the public; skipped where the data is not beside the project."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import warnings
import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from openpyxl import load_workbook

from core.contracts.errors import RequirementError
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.export import filled_file
from core.requirements.judge import gap_analysis
from core.requirements.match import answer_library, confidence, matcher
from core.requirements.read.requirement_list import read_list
from core.requirements.text import classification, embeddings
from tests.requirements.repeats import prefilled_right

DATA = Path(os.environ.get("QUARTERDECK_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (DATA / "importer").exists(), reason="the real data is not beside the project"),
]


def test_every_row_of_a_real_rfp_goes_through(settings):
    found = gap_analysis.analyse_file(DATA / "importer" / "iga_rfp_vendor_response.csv", settings=settings)
    told = found.to_dict()
    assert len(told["requirements"]) == 34
    assert [r["row"] for r in told["requirements"]] == list(range(2, 36))
    assert all(len(r["candidates"]) == 5 for r in told["requirements"])
    assert set(found.frame["priority"]) == {"critical", "high", "medium"}


def test_layouts_of_twenty_real_files():
    expected = json.loads((DATA / "importer" / "expected.json").read_text(encoding="utf-8"))
    layouts = rows = 0
    for name, sheets in expected.items():
        wanted = {s["sheet"]: s for s in sheets if s["rows"]}
        try:
            found = read_list(DATA / "importer" / name)
        except RequirementError:
            layouts, rows = layouts + (not wanted), rows + (not wanted)
            continue
        seen = {lay.sheet: lay for lay in found.layouts}
        right = set(seen) == set(wanted) and all(
            seen[s].header_row == w["header_row"] and (w["header_row"] is None or seen[s].names["text"] == w["text"])
            for s, w in wanted.items()
        )
        counts = dict(found.frame.group_by("sheet").len().iter_rows())
        layouts += right
        rows += right and all(counts[s] == w["rows"] for s, w in wanted.items())
    assert layouts == 20
    assert rows == 20


FILLED = [
    "HECVAT414.xlsx",
    "permitting_rtm.xlsx",
    "dutch_requirements.xlsx",
    "eudi_wallet_hlr.xlsx",
    "michtava_rtm.xlsx",
]


@pytest.mark.parametrize("name", [*FILLED[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in FILLED[2:])])
def test_a_real_workbook_goes_back_with_nothing_but_answers_changed(name, tmp_path):
    found = read_list(DATA / "importer" / name)
    statuses = pl.int_range(found.frame.height, eager=True).map_elements(
        lambda n: ("available", "limited", "roadmap", "not available")[n % 4], return_dtype=pl.String
    )
    rows = found.frame.select("sheet", "row").with_columns(statuses.alias("status"), capability=pl.lit("=1+1 & <b>"))
    made = filled_file.fill(found, rows)
    with zipfile.ZipFile(io.BytesIO(found.content)) as old, zipfile.ZipFile(io.BytesIO(made.content)) as new:
        assert old.namelist() == new.namelist()
        changed = [part for part in old.namelist() if old.read(part) != new.read(part)]
    assert len(changed) == made.proof.n_sheets == made.frame["sheet"].n_unique()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = load_workbook(io.BytesIO(made.content))
    assert all(opened[s][cell].value == text for s, _, cell, text in made.frame.iter_rows())
    assert read_list(made.content, name).frame["text"].equals(found.frame["text"])
    _opens_in_libreoffice(made.content, name, tmp_path)


def _opens_in_libreoffice(content, name, folder):
    office = shutil.which("soffice")
    if office is None:
        return
    (folder / name).write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    call = [office, profile, "--headless", "--convert-to", "csv", "--outdir", str(folder), str(folder / name)]
    subprocess.run(call, check=True, capture_output=True, timeout=120)
    assert (folder / f"{Path(name).stem}.csv").stat().st_size > 0


@pytest.mark.slow
def test_matching_on_public_crosswalks():
    hits, reciprocal, n = 0, 0.0, 0
    for folder in sorted((DATA / "crosswalks").iterdir()):
        if not (folder / "gold.csv").exists():
            continue
        asked, held, gold = (
            pl.read_csv(folder / f"{f}.csv", infer_schema=False) for f in ("requirements", "capabilities", "gold")
        )
        right = {k[0]: set(v["capability_id"]) for k, v in gold.group_by("requirement_id")}
        known = Catalogue(held.select(capability_id="id", name="text", description=pl.lit(None, pl.String)), "gold")
        found = matcher.candidates(asked["text"].to_list(), known, top=50)
        ids = dict(enumerate(asked["id"]))
        for place, part in found.group_by("place"):
            wanted = right.get(ids[place[0]])
            if wanted is None:
                continue
            ranks = part.filter(pl.col("capability_id").is_in(list(wanted)))["rank"]
            best = int(ranks.min()) if ranks.len() else 0
            n, hits, reciprocal = n + 1, hits + (best == 1), reciprocal + (1 / best if best else 0)
    assert n == 938
    by_meaning = embeddings.folder() is not None
    assert hits / n >= (0.484 if by_meaning else 0.42)
    assert reciprocal / n >= (0.589 if by_meaning else 0.52)


@pytest.mark.slow
def test_categories_of_requirements_nobody_trained_on():
    mapped = {
        "F": "functional",
        "US": "functional",
        "LF": "functional",
        "SE": "security",
        "PE": "performance",
        "SC": "performance",
        "A": "performance",
        "FT": "performance",
        "L": "compliance",
        "MN": "support",
        "O": "technical",
        "PO": "technical",
    }
    held = pl.read_csv(DATA / "promise_nfr" / "promise_nfr.csv")
    right = [mapped[label] for label in held["label"]]
    seen = matcher.understood(held["text"].to_list())
    for vectors_or_none in ([None] * held.height, seen if seen is not None else [None] * held.height):
        pairs = zip(held["text"], vectors_or_none, strict=True)
        said = [classification.categorise(text, vector=vector)[0] for text, vector in pairs]
        assert sum(a == b for a, b in zip(said, right, strict=True)) / len(right) >= 0.75
        alike = sum((a == "security") == (b == "security") for a, b in zip(said, right, strict=True))
        assert alike / len(right) >= 0.93
        secure = [b for a, b in zip(said, right, strict=True) if a == "security"]
        assert secure.count("security") / len(secure) >= 0.7


def test_a_real_questionnaire_in_its_next_edition_is_filled_in_from_the_last():
    """The third edition of HECVAT is answered; what the fourth asks again comes back right."""
    from openpyxl import load_workbook

    book = load_workbook(DATA / "importer" / "hecvat3_to_hecvat4_migration.xlsx", read_only=True)
    rows = [r for r in book["Migration"].iter_rows(min_row=2, max_col=7, values_only=True) if r[1] and r[3] and r[4]]
    texts = {str(r[3]): str(r[4]) for r in rows}
    held = pl.DataFrame({"text": list(texts.values()), "capability_id": list(texts)}).with_columns(
        answer_id=pl.lit("a"),
        answer=pl.lit("Yes"),
        category=pl.lit("security"),
        source=pl.lit("3"),
        place=pl.lit("1"),
        owner=pl.lit("ann"),
        kind=pl.lit("confirmed"),
        chance=pl.lit(None, pl.Float64),
        at=pl.lit(datetime(2026, 1, 1)),
        age_days=pl.lit(1, pl.Int64),
    )
    wanted = {str(r[1]): str(r[3]) for r in rows if r[6] == "high"}
    asked = list(wanted)
    found = answer_library.recall(asked, answer_library.Memory(held.select(list(answer_library.nothing().columns))))
    truth = {place: texts[wanted[text]] for place, text in enumerate(asked)}
    said = found.with_columns(capability_id=pl.col("capability_id").replace_strict(texts))
    repeats, filled, right = prefilled_right(said, truth)
    assert repeats > 100
    assert right / filled >= 0.95
    assert right / repeats >= 0.9


@pytest.mark.parametrize("by_meaning", [pytest.param(True, marks=pytest.mark.slow), False])
def test_confidence_holds_on_crosswalks_left_out_of_its_fit(by_meaning):
    from sklearn.linear_model import LogisticRegression

    from core.models.estimators.calibration import error

    if by_meaning and embeddings.folder() is None:
        pytest.skip("the sentence vectors are not installed")
    features, right, of = [], [], []
    for folder in sorted(p for p in (DATA / "crosswalks").iterdir() if (p / "gold.csv").exists()):
        asked, held, gold = (
            pl.read_csv(folder / f"{f}.csv", infer_schema=False) for f in ("requirements", "capabilities", "gold")
        )
        answers = {k[0]: set(v["capability_id"]) for k, v in gold.group_by("requirement_id")}
        found = matcher.compare(asked["text"].to_list(), held["text"].to_list(), by_meaning=by_meaning)
        for place, name in enumerate(asked["id"]):
            if name in answers:
                features.append(found.features[place])
                right.append(held["id"][int(found.order[place, 0])] in answers[name])
                of.append(folder.name)
    x, y, of = np.array(features), np.array(right, float), np.array(of)
    x = x / x.std(0)
    unseen = np.zeros(len(y))
    for name in set(of):
        fitted = LogisticRegression(C=1).fit(x[of != name], y[of != name])
        unseen[of == name] = fitted.predict_proba(x[of == name])[:, 1]
    assert error(y, unseen) <= 0.05
    shipped = confidence.chance(np.array(features), with_vectors=by_meaning)
    assert error(y, shipped) <= 0.05
    assert y[unseen >= confidence.LIKELY].mean() >= 0.75
