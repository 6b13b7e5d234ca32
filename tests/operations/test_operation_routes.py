from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.contracts.errors import ConfigError
from core.operations import instruments
from core.operations.readiness import Check
from pages.ui.server import operation_routes
from pages.ui.server.operation_routes import CountedRequests, token_in_force

TOKEN = "only for this test"


class Checks:
    good = (Check("database", True), Check("disk", True))

    def checks(self):
        return self.good

    def may_serve(self):
        return True


def broken(_):
    raise KeyError("no row for ana@example.com")


def client(environ=None, checks=None, peer="127.0.0.1", host="http://127.0.0.1"):
    ready = checks or Checks()
    routes = operation_routes.routes(lambda: ready, lambda: b"quarterdeck_x 1\n", environ or {})
    routes += [Route("/pipeline", lambda _: PlainTextResponse("hi")), Route("/api/broken", broken)]
    app = Starlette(routes=routes, middleware=[Middleware(CountedRequests)])
    return TestClient(app, base_url=host, client=(peer, 5_000), raise_server_exceptions=False)


def test_health_says_that_the_process_answers():
    assert client(peer="192.0.2.7", host="http://sales.example.com").get("/healthz").text == "ok"


def test_readiness_names_checks_to_everybody_and_reasons_to_those_who_may_read_figures():
    checks = Checks()
    checks.good = (Check("database", False, "It does not answer.", "Start it."), Check("disk", True))
    outside = client(checks=checks, peer="192.0.2.7").get("/readyz")
    assert outside.status_code == 503
    assert outside.json() == {"ready": False, "checks": {"database": False, "disk": True}}
    assert client(checks=checks).get("/readyz").json()["why"] == {"database": "It does not answer. Start it."}
    assert client().get("/readyz").status_code == 200
    assert client(checks=checks, peer="192.0.2.7").get("/readyz?once=1").status_code == 200


def test_figures_are_for_this_machine_itself_and_not_for_whom_a_proxy_on_it_asks():
    assert client().get("/metrics").text == "quarterdeck_x 1\n"
    assert client(peer="192.0.2.7").get("/metrics").status_code == 404
    assert client(host="http://sales.example.com").get("/metrics").status_code == 404
    for name in operation_routes.FORWARDED:
        assert client().get("/metrics", headers={name: "192.0.2.7"}).status_code == 404, name


def test_with_a_token_figures_are_for_whoever_shows_it():
    inside = client({"QUARTERDECK_METRICS_TOKEN": TOKEN})
    assert inside.get("/metrics").status_code == 404
    assert inside.get("/metrics", headers={"Authorization": "Bearer something else"}).status_code == 404
    outside = client({"QUARTERDECK_METRICS_TOKEN": TOKEN}, peer="192.0.2.7", host="http://sales.example.com")
    assert outside.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_token_comes_from_a_file_and_is_refused_where_it_is_no_secret(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    assert token_in_force({"QUARTERDECK_METRICS_TOKEN_FILE": str(file)}) == TOKEN
    with pytest.raises(ConfigError, match="cannot be read"):
        token_in_force({"QUARTERDECK_METRICS_TOKEN_FILE": str(tmp_path / "none")})
    with pytest.raises(ConfigError, match="shorter than 16"):
        token_in_force({"QUARTERDECK_METRICS_TOKEN": "short"})


def count(part, status):
    return (
        instruments.REGISTRY.get_sample_value("quarterdeck_http_requests_total", {"part": part, "status": status})
        or 0.0
    )


def test_answers_are_counted_by_part_and_bear_a_number():
    visitor = client()
    pages, failures = count("pages", "2xx"), count("api", "5xx")
    answer = visitor.get("/pipeline", headers={"X-Request-Id": "a-number.1"})
    assert answer.headers["x-request-id"] == "a-number.1"
    assert len(visitor.get("/pipeline", headers={"X-Request-Id": "no number\n" * 9}).headers["x-request-id"]) == 16
    assert visitor.get("/api/broken").status_code == 500
    assert (count("pages", "2xx") - pages, count("api", "5xx") - failures) == (2, 1)
    assert instruments.REGISTRY.get_sample_value("quarterdeck_errors_total", {"kind": "Unexpected", "page": "api"}) >= 1
