"""Two servers with a home folder each and one PostgreSQL: models, downloads, and a database that goes away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from core.preparing import making
from tests.browser.steps import quiet
from tests.servers import serving
from tests.store.conftest import cluster

__all__ = ["cluster"]
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.postgres, pytest.mark.xdist_group("browser")]
SETTINGS = "replicas:\n  artifacts: database\n"


@pytest.fixture
def homes(small_settings, small_bundle, cluster, tmp_path):
    """Variables of two servers: one that has worked everything out before, and one that has nothing."""
    (tmp_path / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    making.make(small_settings, "settings", 0, lambda share, text: None)
    shutil.copytree(small_settings.home, tmp_path / "one")
    common = {
        "QUARTERDECK_CONFIG": str(tmp_path / "quarterdeck.yaml"),
        "QUARTERDECK_DATABASE_URL": f"{cluster}/postgres",
        "QUARTERDECK_WORKER": "0",
    }
    return [common | {"QUARTERDECK_HOME": str(tmp_path / name)} for name in ("one", "two")]


def opened(page, address, path):
    page.goto(f"{address}/{path}")
    expect(page.get_by_role("button", name="Download as notebook")).to_be_visible(timeout=180_000)
    quiet(page)


def fetched(address, cookie):
    """Return status and content of a file, asked for with a browser's cookie."""
    try:
        asked = urllib.request.Request(address, headers={"Cookie": cookie})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def versions(folder):
    return sorted(path.name for path in (folder / "artifacts" / "models").iterdir() if not path.name.startswith("."))


def test_what_one_server_has_the_other_shows_and_hands_out(page, homes, tmp_path):
    with serving(tmp_path, homes[0]) as first, serving(tmp_path, homes[1]) as second:
        opened(page, first, "pipeline")
        opened(page, second, "pipeline")
        assert versions(tmp_path / "two")
        assert set(versions(tmp_path / "two")) <= set(versions(tmp_path / "one")), "it trained nothing of its own"
        with page.expect_download() as waited:
            page.get_by_role("button", name="Download as notebook").click()
        address = waited.value.url
        assert "/download/" in address
        notebook = json.loads(waited.value.path().read_text(encoding="utf-8"))
        cookie = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
        status, content = fetched(address.replace(second, first), cookie)
        assert (status, json.loads(content)) == (200, notebook), "the other server hands out the same"
        assert fetched(address, "")[0] == 404, "in another browser it opens nothing"
        forged = address.replace("/download/", "/download/x")
        assert fetched(forged, cookie)[0] == 404


def test_a_database_that_is_away_is_told_and_nothing_is_lost(page, homes, tmp_path, cluster):
    with serving(tmp_path, homes[0]) as first:
        opened(page, first, "requirements")
        home = next(line for line in database_processes() if f"-p {cluster.rpartition(':')[2]}" in line)
        data = home.split(" -D ")[1].split()[0]
        control(data, "stop")
        begin = time.monotonic()
        try:
            page.reload()
            expect(page.get_by_text("The database does not answer").first).to_be_visible(timeout=60_000)
        finally:
            time.sleep(max(20 - (time.monotonic() - begin), 0))
            control(data, "start", home.split(" -D ")[1].split(maxsplit=1)[1])
        opened(page, first, "requirements")
        expect(page.get_by_text("The database does not answer")).to_have_count(0)


def database_processes():
    lines = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if "/bin/postgres" in line or line.startswith("postgres -D")]


def control(data, word, options=""):
    """Stop a cluster, or start it again as it was started."""
    from tests.store.conftest import binaries, keeper

    before = ["setpriv", f"--reuid={keeper()}", "--clear-groups"] if os.geteuid() == 0 else []
    words = ["-m", "fast", "stop"] if word == "stop" else ["-o", options, "-l", f"{data}/../log", "start"]
    command = [*before, str(binaries() / "pg_ctl"), "-D", data, "-w", *words]
    quiet_streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, check=True, cwd="/", timeout=120, **quiet_streams)
