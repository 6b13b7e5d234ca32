"""Sources of the workspace on the command line, and that every other command follows the choice."""

from __future__ import annotations

import json
from functools import partial

import pytest

from tests.cli.commands import in_process
from tests.sources.crm_stubs import TOKEN, hubspot
from tests.sources.stub_servers import BEGIN, Book, Stub, serving

DEALS = (
    "Id,Name,StageName,Amount,CloseDate,CreatedDate,IsWon,IsClosed\n"
    "006A00000000001AAA,One,Prospecting,1200,2026-03-20,2026-01-02,false,false\n"
    "006A00000000002AAA,Two,Closed Won,3400,2026-02-10,2026-01-05,true,true\n"
)


@pytest.fixture
def run(tmp_path):
    """A command of its own home, so that no other test meets the choice made here."""
    return partial(in_process, QUARTERDECK_HOME=str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "last year"
    path.mkdir()
    (path / "Opportunity.csv").write_text(DEALS)
    return path


def test_a_folder_is_added_chosen_used_by_every_command_and_left_again(run, folder, tmp_path):
    assert [(s["name"], s["is_in_force"]) for s in json.loads(run("source", "list", "--json").stdout)] == [
        ("sample", True)
    ]
    added = run("source", "add", "Last year", str(folder))
    assert "Last year, version 1" in added.stdout
    assert run("source", "list").stdout.startswith("* sample")
    assert "is used for everybody" in run("source", "use", "Last year").stdout
    assert "* Last year" in run("source", "list").stdout
    figures = json.loads(run("summary", "--json").stdout)
    assert figures["Open pipeline"]["value"] == 1200
    (folder / "Opportunity.csv").write_text(DEALS.replace("1200", "1300"))
    assert json.loads(run("summary", "--json").stdout)["Open pipeline"]["value"] == 1300
    own = tmp_path / "own"
    own.mkdir()
    (own / "Opportunity.csv").write_text(DEALS.replace("1200", "77"))
    assert json.loads(run("summary", "--json", QUARTERDECK_DATA=str(own)).stdout)["Open pipeline"]["value"] == 1300
    run("source", "use", "settings")
    assert json.loads(run("summary", "--json", QUARTERDECK_DATA=str(own)).stdout)["Open pipeline"]["value"] == 77
    assert "Last year is removed." in run("source", "remove", "Last year").stdout
    assert run("source", "list").stdout == "* sample: Sample company\n"
    assert (folder / "Opportunity.csv").is_file()


def test_a_map_comes_along_and_is_shown(run, folder, tmp_path):
    plan = tmp_path / "map.yaml"
    plan.write_text("as_of: 2026-02-28\nopportunities: {file: Opportunity.csv}\n")
    assert run("source", "add", "CRM", str(folder), "--map", str(plan)).returncode == 0
    assert run("source", "show", "CRM", "--map").stdout.startswith("as_of: '2026-02-28'\nopportunities:")
    shown = json.loads(run("source", "show", "CRM", "--json").stdout)
    assert (shown["shown"]["as_of_on"], shown["shown"]["n_rows"]) == ("2026-02-28", 5)
    assert "version 1" in run("source", "show", "CRM").stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["use", "smaple"], "Did you mean 'sample'?"),
        (["use", "CRM"], "no source called 'CRM'"),
        (["show", "CRM"], "no source called 'CRM'"),
        (["remove", "sample"], "Sample company cannot be removed"),
        (["add", "CRM", "/nowhere"], "no such folder"),
        (["add", "sample", "."], "None of the files|no file that can be read|every workspace has"),
        (["add", "CRM", ".", "--map", "none.yaml"], "column map cannot be read"),
    ],
)
def test_a_slip_is_a_sentence(run, words, expected):
    import re

    failed = run("source", *words)
    assert failed.returncode == 1
    assert re.search(expected, failed.stderr)
    assert "Traceback" not in failed.stderr


def test_a_system_is_connected_synced_and_listed(run, tmp_path):
    with serving(Stub()) as server:
        book = Book()
        for k in range(5):
            book.create(f"d{k}", BEGIN, stage="s0", amount=k, close_on="2026-03-31", owner_id="005000000000001AAA")
        hubspot(book, server)
        assert "Name a system or a file" in run("connect", "crm").stderr
        assert "There is no connector yet" in run("sync").stderr
        assert "needs values for domain" in run("connect", "crm", "--vendor", "salesforce").stderr
        file = tmp_path / "crm.yaml"
        file.write_text(json.dumps({"vendor": "hubspot", "base": server.url}), encoding="utf-8")
        added = run("connect", "crm", "--file", str(file))
        assert "It needs the secrets HUBSPOT_TOKEN." in added.stdout
        failing = run("sync", "crm")
        assert failing.returncode == 1
        assert "There is no secret called HUBSPOT_TOKEN" in failing.stdout
        synced = run("sync", "--due", HUBSPOT_TOKEN=TOKEN)
        assert synced.stdout == ""
        synced = run("sync", HUBSPOT_TOKEN=TOKEN)
        assert synced.returncode == 0, synced.stdout
        assert "13 rows changed, 0 deleted; 13 there" in synced.stdout
        listed = run("source", "list").stdout
        assert "crm, version 1 of" in listed
        assert "crm: connector, synced" in listed
        assert json.loads(run("source", "list", "--json").stdout)[1]["sync"].startswith("synced")
