"""The generated client asks a real server: what it returns is typed, and is what the API answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from core.api.application import application
from core.store import Store
from tools import api_client

pytestmark = pytest.mark.slow
USED = """
import os, uuid
from quarterdeck_client import AuthenticatedClient
from quarterdeck_client.api.access import keys
from quarterdeck_client.api.alerts import alert_rules, delete_alert_rule, make_alert_rule
from quarterdeck_client.api.forecast import forecast
from quarterdeck_client.api.measures import measures, winrate_win_rate, winrate_win_rate_rows
from quarterdeck_client.models import MeasureValue, Problem, RuleGiven, RuleShown

client = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["TOKEN"])
assert len(measures.sync(client=client)) >= 30
rate = winrate_win_rate.sync(client=client, months=3, region="EMEA")
assert isinstance(rate, MeasureValue) and 0 < rate.value < 1 and rate.sentence, rate
rows = winrate_win_rate_rows.sync(client=client, limit=5)
assert len(rows.rows) == 5 and rows.next_
made = make_alert_rule.sync(client=client, body=RuleGiven(name="Slips", kind="slipped", limit=50_000.0))
assert isinstance(made, RuleShown) and made.id > 0
again = make_alert_rule.sync_detailed(client=client, body=RuleGiven(name="Slips", kind="slipped"))
assert again.status_code == 409 and isinstance(again.parsed, Problem) and again.parsed.mend
assert [rule.id for rule in alert_rules.sync(client=client)] == [made.id]
assert delete_alert_rule.sync_detailed(made.id, client=client).status_code == 204
assert forecast.sync(client=client).sentence
wrong = AuthenticatedClient(base_url=os.environ["URL"], token="qd_no")
assert isinstance(keys.sync(client=wrong), Problem)
print("used")
"""


@pytest.fixture
def server(small, small_settings, small_bundle, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    api = application(lambda: small_settings, lambda _: small, lambda _: store)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    app = Starlette(routes=[Mount("/api", api)])
    running = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="warning"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/api", store.api_keys.make("client", "local", "test")[0]
    running.should_exit = True
    thread.join()
    store.close()


def test_the_generated_client_asks_a_server(server, tmp_path):
    url, token = server
    package = api_client.write(tmp_path)
    assert (package / "client.py").exists()
    variables = {**os.environ, "URL": url, "TOKEN": token, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", USED], env=variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.stdout == "used\n", run.stderr[-2_000:]
