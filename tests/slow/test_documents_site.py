"""The static site of the documents, and their harmless commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import default_company
from tests.servers import QUARTERDECK

bundle, sample, settings = default_company.bundle, default_company.sample, default_company.settings

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=[\"']?((?:https?:)?//[^\"'> ]+)")
# As the documents have them; none changes anything outside a home of its own.
HARMLESS = (
    "--version",
    "check sample_data --json",
    "summary --json",
    "source list",
    "artifacts",
    "jobs",
    "alerts log",
    "keys new",
    "migrate --check",
    "read sample_data/requirements/northwind_rfp.xlsx --json",
    "scenario sample_data/scenarios/price_rise.yaml",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built so that a lost link fails."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    return folder


def test_the_site_has_every_document_loads_nothing_from_elsewhere_and_is_searched(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(list((ROOT / "docs").rglob("*.md"))) - 1
    foreign = {page.name: hosts for page in pages if (hosts := LOADED.findall(page.read_text(encoding="utf-8")))}
    assert foreign == {}
    assert "exchange_rates" in (site / "search" / "search_index.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", HARMLESS)
def test_a_command_of_the_documents_runs(words, settings, sample, bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    done = subprocess.run(
        [*QUARTERDECK, *words.split()], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-1_000:]
    assert done.stdout.strip()
