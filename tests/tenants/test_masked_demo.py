"""A demo on a company's own data: a planted name is found nowhere in it, and nothing can bring it back."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from core.config import load
from core.contracts.errors import SourceError
from core.sources import loading
from core.sources.folder import read_folder
from core.tenants import masked_data, nightly_reset

PLANTED = ("Zanzibar Quagga", "Ottoline Planted", "Zanz-77", "Wombat Clause", "Philippa")
TABLES = {
    "accounts.csv": (
        "account_id,account_name,region,segment\nZanz-77,Zanzibar Quagga AG,EMEA,Enterprise\nA2,Bolt,EMEA,SMB\n"
    ),
    "contacts.csv": "contact_id,account_id,contact_name,title\nC1,Zanz-77,Philippa Planted,CIO\n",
    "sales_team.csv": "rep_id,rep_name,region,role\nottoline.planted,Ottoline Planted,EMEA,AE\n",
    "opportunities.csv": (
        "opportunity_id,opportunity_name,account_id,stage,amount,created_on,close_on,owner_id,next_step,internal_note\n"
        "O-Zanz-77,Zanzibar Quagga renewal,Zanz-77,Discovery,123456.78,2026-01-05,2026-06-30,ottoline.planted,"
        "Call Ottoline Planted,Wombat Clause\n"
        "O2,Bolt new,A2,Closed Won,98765.43,2026-01-05,2026-02-27,ottoline.planted,,\n"
    ),
}


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "Zanzibar Quagga exports"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def everything(folder: Path) -> str:
    """Every path, every file and every table below a folder as one text."""
    texts = [str(path.relative_to(folder)) for path in folder.rglob("*")]
    for path in (path for path in folder.rglob("*") if path.is_file()):
        texts.append(path.read_bytes().decode("latin-1"))
        if path.suffix == ".parquet":
            texts.append(json.dumps(pl.read_parquet(path).to_dicts(), default=str))
    return "\n".join(texts)


def test_a_planted_name_is_found_nowhere(tenant_command, registry, exports):
    made = tenant_command("create", "demo", "--host", "demo.example.com", "--demo", "--data", str(exports))
    assert "names are invented, amounts rounded" in made.stdout, made.stderr
    tenant = registry.get("demo")
    assert (tenant.problem, tenant.is_demo) == ("", True)
    data = loading.load_data(load(tenant.folder / "quarterdeck.yaml", tenant.locations))
    assert data.opportunities.height == 2
    assert sorted(data.opportunities["amount"].drop_nulls()) == [99_000, 120_000]
    assert data.source == masked_data.SOURCE
    # What was read is kept in the home folder too by now.
    text = everything(tenant.folder)
    assert [name for name in PLANTED if name.lower() in text.lower()] == []
    assert "123456" not in text


def test_the_reset_at_night_leaves_the_hidden_data(tenant_command, registry, exports):
    tenant_command("create", "demo", "--host", "demo.example.com", "--demo", "--data", str(exports))
    tenant = registry.get("demo")
    nightly_reset.reset(tenant)
    assert (tenant.folder / masked_data.FOLDER / "accounts.parquet").is_file()


def test_newer_data_take_their_place_under_other_names(tenant_command, registry, exports):
    tenant_command("create", "demo", "--host", "demo.example.com", "--demo", "--data", str(exports))
    folder = registry.get("demo").folder / masked_data.FOLDER
    before = pl.read_parquet(folder / "accounts.parquet")
    (exports / "accounts.csv").write_text(TABLES["accounts.csv"] + "A3,Third,EMEA,SMB\n", encoding="utf-8")
    assert "shows the new data" in tenant_command("demo-data", "demo", "--data", str(exports)).stdout
    after = pl.read_parquet(folder / "accounts.parquet")
    assert (before.height, after.height) == (2, 3)
    assert not set(before["account_id"]) & set(after["account_id"])


def test_what_is_no_demo_or_nothing_is_refused(tenant_command, exports, tmp_path):
    refused = tenant_command("create", "north", "--host", "north.example.com", "--data", str(exports))
    assert "Only a demo shows data with names hidden" in refused.stderr
    tenant_command("create", "south", "--host", "south.example.com", "--demo")
    assert "is no demo on data" in tenant_command("demo-data", "south", "--data", str(exports)).stderr
    (tmp_path / "nothing").mkdir()
    empty = tenant_command("create", "west", "--host", "w.example.com", "--demo", "--data", str(tmp_path / "nothing"))
    assert empty.returncode == 1
    assert "west" not in tenant_command("list").stdout


def test_data_under_their_own_names_are_not_written(exports, tmp_path):
    data = read_folder(str(exports), None, load())
    with pytest.raises(SourceError, match="bear their own names"):
        masked_data.write(data, tmp_path)
    assert not (tmp_path / masked_data.FOLDER).exists()
