"""Data in an object store: read by its address, noticed when it changes, and told when it cannot be read."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from core.artifacts import forget_all
from core.cli import app
from core.config import handover, load
from core.config.addresses import absolute, address
from core.contracts.errors import SourceError
from core.sources import load_data, read_folder, snapshot
from core.sources.mapping import read_map

fsspec = pytest.importorskip("fsspec")
HEAD = "opportunity_id,stage,amount,created_on,close_on\n"
ROW = "1,Discovery,10,2025-01-10,2025-09-30\n"


@pytest.fixture
def store():
    system = fsspec.filesystem("memory")
    system.pipe_file("/bucket/crm/deals.csv", (HEAD + ROW).encode())
    system.pipe_file("/bucket/crm/2025/more.csv", (HEAD + ROW.replace("1,", "2,", 1)).encode())
    system.pipe_file("/bucket/crm/meta.yaml", b"as_of: 2025-06-30")
    yield system
    system.rm("/bucket", recursive=True)


def settings_for(folder, tmp_path, mapping=""):
    environ = {"QUARTERDECK_DATA": folder, "QUARTERDECK_HOME": str(tmp_path / "home"), "QUARTERDECK_MAPPING": mapping}
    return load(environ={k: v for k, v in environ.items() if v})


def test_a_folder_in_an_object_store_is_read(store):
    data = read_folder("memory://bucket/crm")
    assert (data.opportunities.height, data.as_of, data.source) == (2, date(2025, 6, 30), "crm")


def test_the_settings_may_name_an_object_store_and_a_change_is_noticed(store, tmp_path):
    settings = settings_for("memory://bucket/crm", tmp_path)
    assert sorted(load_data(settings).opportunities["opportunity_id"]) == ["1", "2"]
    store.pipe_file("/bucket/crm/2025/more.csv", (HEAD + ROW.replace("1,", "37,", 1)).encode())
    forget_all()
    assert sorted(load_data(settings).opportunities["opportunity_id"]) == ["1", "37"]


def test_a_column_map_may_lie_there_too(store, tmp_path):
    store.pipe_file("/bucket/map.yaml", b"opportunities: {file: deals.csv}")
    assert list(read_map("memory://bucket/map.yaml")) == ["opportunities"]
    settings = settings_for("memory://bucket/crm", tmp_path, "memory://bucket/map.yaml")
    assert load_data(settings).opportunities["opportunity_id"].to_list() == ["1"]


def test_an_address_of_files_on_this_machine(tmp_path):
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "deals.csv").write_text(HEAD + ROW)
    place = f"file://{tmp_path}/crm"
    assert read_folder(place).opportunities.height == 1
    before = snapshot.folder_state(place, "")
    (tmp_path / "crm" / "deals.csv").write_text(HEAD + ROW + ROW.replace("1,", "2,", 1))
    assert snapshot.folder_state(place, "") != before


def test_an_address_is_not_made_a_path():
    assert address(Path("s3://bucket/crm")) == "s3://bucket/crm"
    assert absolute("gs://bucket/crm") == "gs://bucket/crm"
    assert absolute("crm") == os.path.abspath("crm")
    settings = load(environ={"QUARTERDECK_DATA": "s3://bucket/crm"})
    assert (
        handover.environment(settings, {"QUARTERDECK_DATA": "s3://bucket/crm"})["QUARTERDECK_DATA"] == "s3://bucket/crm"
    )


def test_a_driver_that_is_not_there_is_named(monkeypatch):
    def missing(*_, **__):
        raise ImportError("no module")

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(SourceError, match=r"needs s3fs.*quarterdeck\[stores\]"):
        read_folder("s3://bucket/crm")


@pytest.mark.parametrize("folder", ["memory://nowhere", "memory://bucket/empty"])
def test_what_is_not_there_is_told(folder, tmp_path):
    with pytest.raises(SourceError, match=r"object store"):
        load_data(settings_for(folder, tmp_path))


def test_check_reads_an_address(store):
    from typer.testing import CliRunner

    run = CliRunner().invoke(app, ["check", "memory://bucket/crm"])
    assert run.exit_code == 0
    assert "2 deals" in run.stdout


@pytest.mark.parametrize("name", ["deals.csv", "2025/deals.csv"])
def test_a_change_in_a_folder_or_its_subfolder_is_noticed(name, tmp_path):
    file = tmp_path / "data" / name
    file.parent.mkdir(parents=True)
    file.write_text(HEAD + ROW)
    before = snapshot.folder_state(tmp_path / "data", "")
    os.utime(file, (1, 1))
    assert snapshot.folder_state(tmp_path / "data", "") != before


def test_one_file_may_be_the_data_and_its_change_is_noticed(tmp_path):
    file = tmp_path / "deals.csv"
    file.write_text(HEAD + ROW)
    settings = settings_for(str(file), tmp_path)
    assert load_data(settings).opportunities.height == 1
    file.write_text(HEAD + ROW + ROW.replace("1,", "2,", 1))
    forget_all()
    assert load_data(settings).opportunities.height == 2
