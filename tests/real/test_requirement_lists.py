"""Real requirement lists of the public; skipped where the data is not beside the project."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from core.contracts.errors import RequirementError
from core.requirements import fill, gap, match, read_list, vectors
from core.requirements.catalogue import Catalogue

DATA = Path(os.environ.get("QUARTERDECK_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (DATA / "importer").exists(), reason="the real data is not beside the project"),
]


def test_every_row_of_a_real_rfp_goes_through(settings):
    found = gap.analyse_file(DATA / "importer" / "iga_rfp_vendor_response.csv", settings=settings)
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


@pytest.mark.parametrize("name", FILLED)
def test_a_real_workbook_goes_back_with_nothing_but_answers_changed(name, tmp_path):
    found = read_list(DATA / "importer" / name)
    statuses = pl.int_range(found.frame.height, eager=True).map_elements(
        lambda n: ("available", "limited", "roadmap", "not available")[n % 4], return_dtype=pl.String
    )
    rows = found.frame.select("sheet", "row").with_columns(statuses.alias("status"), capability=pl.lit("=1+1 & <b>"))
    made = fill.fill(found, rows)
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
        found = match.candidates(asked["text"].to_list(), known, top=50)
        ids = dict(enumerate(asked["id"]))
        for place, part in found.group_by("place"):
            wanted = right.get(ids[place[0]])
            if wanted is None:
                continue
            ranks = part.filter(pl.col("capability_id").is_in(list(wanted)))["rank"]
            best = int(ranks.min()) if ranks.len() else 0
            n, hits, reciprocal = n + 1, hits + (best == 1), reciprocal + (1 / best if best else 0)
    assert n == 938
    by_meaning = vectors.folder() is not None
    assert hits / n >= (0.484 if by_meaning else 0.42)
    assert reciprocal / n >= (0.589 if by_meaning else 0.52)
