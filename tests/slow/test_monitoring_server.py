"""Every query of the dashboard and every rule, run by a real Prometheus that reads a server people have used."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

from tests.deploy.test_monitoring import FOLDER, queries, rules
from tests.servers import free_port, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("monitoring")]
TOKEN = "only for this test and long enough"
PATIENCE = 180_000.0  # milliseconds that a page may take where the machine is busy
# Without a connected system, failed work or a bad run there is nothing to show.
MAY_BE_EMPTY = ("sync", "jobs", "errors_total")


@pytest.fixture(scope="module")
def prometheus(small_settings, small_bundle, tmp_path_factory):
    """Give the address of a Prometheus that reads a server of the small company."""
    if shutil.which("prometheus") is None:
        pytest.skip("Prometheus is not installed")
    folder = tmp_path_factory.mktemp("monitoring")
    env = {
        "QUARTERDECK_HOME": str(small_settings.home),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 's.db'}",
        "QUARTERDECK_METRICS_TOKEN": TOKEN,
    }
    with serving(folder, env) as app:
        config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "2s", "evaluation_interval": "2s"}
        (job,) = config["scrape_configs"]
        (folder / "token").write_text(TOKEN, encoding="utf-8")
        job["authorization"]["credentials_file"] = str(folder / "token")
        job["static_configs"] = [{"targets": [app.removeprefix("http://")]}]
        text = (FOLDER / "quarterdeck.rules.yaml").read_text(encoding="utf-8").replace("interval: 30s", "interval: 2s")
        (folder / "quarterdeck.rules.yaml").write_text(text, encoding="utf-8")
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        words = ["prometheus", f"--config.file={folder / 'prometheus.yaml'}", f"--storage.tsdb.path={folder / 'data'}"]
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(
                [*words, f"--web.listen-address={address}"], stdout=out, stderr=out, start_new_session=True
            )
        try:
            yield app, f"http://{address}", folder / "out"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


def asked(address, path, **words):
    with urllib.request.urlopen(f"{address}{path}?{urllib.parse.urlencode(words)}", timeout=10) as answer:
        content = json.load(answer)
    assert content["status"] == "success", content
    return content["data"]


def until(check, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if check():
                return
        except OSError:
            pass
        time.sleep(1)
    pytest.fail("It did not come to that in time.")


def lacking(address):
    empty = [query for query in queries() if not asked(address, "/api/v1/query", query=query)["result"]]
    return [query for query in empty if not any(word in query for word in MAY_BE_EMPTY)]


def opened(page, address):
    page.goto(address)
    page.get_by_role("button", name="Download as notebook").wait_for()


def test_every_query_and_rule_works_on_what_a_used_server_tells(prometheus, page):
    app, address, log = prometheus
    page.set_default_timeout(PATIENCE)
    until(lambda: asked(address, "/api/v1/query", query="up")["result"])
    for path in ("/", "/scenarios", "/"):
        opened(page, f"{app}{path}")
        if path == "/scenarios":
            for _ in range(3):
                page.get_by_role("slider").first.press("ArrowRight")
                page.wait_for_timeout(1_500)
    ratio = "rate(quarterdeck_move_seconds_count[1m]) > 0 and on() quarterdeck:error_budget:left == 1"
    until(lambda: asked(address, "/api/v1/query", query=ratio)["result"])
    # What was first seen as it is now has not grown yet: people come back until all has.
    until(lambda: lacking(address) == [] or opened(page, app), 60)
    assert lacking(address) == []
    groups = asked(address, "/api/v1/rules")["groups"]
    checked = [rule for group in groups for rule in group["rules"]]
    assert len(checked) == len(rules())
    assert [(rule["name"], rule.get("lastError")) for rule in checked if rule["health"] != "ok"] == []
    firing = {rule["name"] for rule in checked if rule.get("state") == "firing"}
    assert firing <= {"QuarterdeckModelsOff"}, log.read_text()[-2_000:]


def test_without_the_token_figures_are_not_told(prometheus):
    app, _, _ = prometheus
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{app}/metrics")
    assert refused.value.code == 404
    refused.value.close()
