from __future__ import annotations

import json
import socket
from functools import partial
from pathlib import Path

import pytest

from tests.cli.commands import as_process, in_process

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(settings, sample):
    return partial(in_process, QUARTERDECK_HOME=str(settings.home))


@pytest.fixture
def process(settings, sample):
    return partial(as_process, QUARTERDECK_HOME=str(settings.home))


def test_summary_prints_the_same_number_as_the_core(run, process, sample, settings):
    from core import metrics

    figures = json.loads(process("summary", "--json").stdout)
    assert figures["Open pipeline"]["value"] == metrics.pipeline.open_pipeline(sample, settings).value
    assert metrics.bookings.quarter_to_date(sample, settings).sentence() in run("summary").stdout


@pytest.mark.slow
def test_build_and_doctor_are_content(run):
    assert "Ready" in run("build").stdout
    good = run("doctor", "--json")
    assert good.returncode == 0
    assert all(json.loads(good.stdout).values())
    assert "MISSING" not in run("doctor").stdout


def test_sample_writes_a_folder(run, tmp_path):
    assert run("sample", str(tmp_path / "s"), "--accounts", "30", "--transactions", "500").returncode == 0
    assert (tmp_path / "s" / "opportunities.parquet").exists()


@pytest.mark.parametrize(
    ("words", "env", "expected"),
    [
        (["summary"], {"QUARTERDECK_DATA": "/nowhere"}, "no such folder"),
        (["summary"], {"QUARTERDECK_CONFIG": "/nowhere.yaml"}, "settings file cannot be read"),
        (["serve"], {"QUARTERDECK_HOME": "/dev/null/x"}, "cannot write"),
        (["sample", "/dev/null/x"], {}, "cannot be written"),
    ],
)
def test_bad_input_ends_in_a_sentence(run, words, env, expected):
    done = run(*words, **env)
    assert done.returncode == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr


def test_forecast_prints_the_number_of_the_core(run, sample, settings, bundle):
    from core import models
    from core.forecasts import backtest_archive

    told = json.loads(run("forecast", "--json").stdout)
    handed = backtest_archive.with_record(sample, settings, bundle)
    now = models.outlook.current(sample, settings, handed)
    assert [w["amount"] for w in told["windows"]] == now.frame["amount"].to_list()
    assert now.sentence() in run("forecast").stdout


def test_churn_lists_the_accounts_most_at_risk(run, sample, settings, bundle):
    from core import explain

    told = json.loads(run("churn", "--json", "--top", "3").stdout)
    best = explain.customers.churn_list(sample, settings, bundle).frame
    assert [a["account_id"] for a in told["accounts"]] == best["account_id"].head(3).to_list()
    assert best["account_name"][0] in run("churn", "--top", "3").stdout


def test_a_scenario_file_is_run(run, tmp_path):
    told = json.loads(run("scenario", str(ROOT / "sample_data" / "scenarios" / "price_rise.yaml"), "--json").stdout)
    assert told["name"] == "Price rise"
    assert {row["lever"] for row in told["levers"]} == {"price", "win_rate"}
    gap = ROOT / "sample_data" / "scenarios" / "close_pci_gap.yaml"
    closes = json.loads(run("scenario", str(gap), "--json").stdout)
    assert [row["lever"] for row in closes["levers"]] == ["gap_closed"]
    assert closes["levers"][0]["amount"] > 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: x\nlevers: [{lever: winrate, value: 0.1}]\n")
    failed = run("scenario", str(bad))
    assert failed.returncode == 1
    assert "win_rate" in failed.stderr
    assert run("scenario", str(tmp_path / "none.yaml")).returncode == 1


def test_gap_prints_every_requirement_and_writes_the_matrix(run, tmp_path):
    from openpyxl import load_workbook

    out = tmp_path / "matrix.xlsx"
    listed = str(ROOT / "sample_data" / "requirements" / "meridian_rfp.csv")
    told = json.loads(run("gap", listed, "--out", str(out), "--json").stdout)
    assert len(told["requirements"]) == told["summary"]["n_requirements"] == 60
    assert load_workbook(out)["Matrix"].max_row == 61
    plain = run("gap", listed).stdout
    assert "60 requirements read from the file." in plain


def test_read_prints_lists_and_what_was_not_read(run, tmp_path):
    (tmp_path / "a.csv").write_text("Id,Requirement,Response\nR1,The system shall log every access.,\n")
    (tmp_path / "b.csv").write_text("colour,height\nred,3\n")
    read = json.loads(run("read", str(tmp_path / "a.csv"), "--json").stdout)
    (part,) = read["lists"]
    assert {key: part[key] for key in ("sheet", "header_row", "columns", "answer_columns")} == {
        "sheet": "csv",
        "header_row": 1,
        "columns": {"id": "Id", "text": "Requirement", "priority": None, "category": None},
        "answer_columns": ["Response"],
    }
    assert part["rows"][0].keys() == {"row", "id", "text", "kind", "polarity"}
    none = run("read", str(tmp_path / "b.csv"), "--json")
    assert (none.returncode, json.loads(none.stdout)["lists"]) == (0, [])
    assert json.loads(none.stdout)["not_read"][0]["reason"] == "No column of requirements was found."
    plain = run("read", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")).stdout
    assert "1 requirement read from" in plain
    assert "Not read: b.csv: csv" in plain
    assert run("read", str(tmp_path / "none.csv")).returncode == 1


def test_gap_takes_several_files_as_one_and_says_what_of_them_is_not_read(run, tmp_path):
    import zipfile

    for folder, text in (("a", "All data at rest is encrypted"), ("b", "Backups are made daily")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "list.csv").write_text(f"Id,Requirement,Response\nR1,{text},\n")
    (tmp_path / "b" / "logo.bmp").write_bytes(b"BM")
    out = tmp_path / "answered.zip"
    paths = [str(tmp_path / "a" / "list.csv"), str(tmp_path / "b")]
    asked = run("gap", *paths, "--fill", str(out), "--answers", "all", "--json")
    told = json.loads(asked.stdout)
    assert [(row["file"], row["sheet"], row["row"]) for row in told["requirements"]] == [
        ("list.csv", "csv", 2),
        ("b/list.csv", "csv", 2),
    ]
    assert [(part["file"], part["n_requirements"]) for part in told["files"]] == [("list.csv", 1), ("b/list.csv", 1)]
    assert {name.partition("-")[0] for name in zipfile.ZipFile(out).namelist()} >= {"list", "b/list"}
    assert "Not read: logo.bmp" in run("read", *paths).stdout


def test_a_catalogue_without_statuses_says_so_in_the_json_and_makes_nothing_available(run, tmp_path):
    (tmp_path / "caps.csv").write_text("id,name\nA,Encryption of data at rest\nB,Reports\nC,Daily backups\n")
    (tmp_path / "list.csv").write_text("Requirement\nAll data at rest needs encryption\n")
    told = json.loads(
        run("gap", str(tmp_path / "list.csv"), "--catalogue", str(tmp_path / "caps.csv"), "--json").stdout
    )
    assert [line.startswith("caps.csv has no column of statuses") for line in told["warnings"]] == [True]
    assert told["requirements"][0]["status"] == "unclear"


def test_gap_takes_a_catalogue_and_refuses_bad_ones(run, tmp_path):
    (tmp_path / "caps.yaml").write_text("- {id: A, name: Encryption of data at rest}\n- {id: B, name: Reports}\n")
    (tmp_path / "list.csv").write_text("Requirement\nAll data at rest needs encryption\n")
    told = json.loads(
        run("gap", str(tmp_path / "list.csv"), "--catalogue", str(tmp_path / "caps.yaml"), "--json").stdout
    )
    assert told["requirements"][0]["candidates"][0]["capability_id"] == "A"
    (tmp_path / "bad.csv").write_text("colour\nred\n")
    failed = run("gap", str(tmp_path / "list.csv"), "--catalogue", str(tmp_path / "bad.csv"))
    assert failed.returncode == 1
    assert "no column with an id" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert run("gap", str(tmp_path / "list.csv"), "--out", "/nowhere/x.xlsx").returncode == 1


def test_a_scheduled_build_says_why_it_does_nothing(run, sample, settings, bundle):
    done = run("build", "--if-due")
    assert done.returncode == 0
    assert "models of exactly this data are saved" in done.stdout
    assert "Ready" not in done.stdout
