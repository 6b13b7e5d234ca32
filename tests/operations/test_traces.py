from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from core.operations import traces


@pytest.fixture(autouse=True)
def off():
    yield
    traces.stop()


def test_spans_go_to_the_exporter_and_nest():
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter = memory.InMemorySpanExporter()
    assert traces.set_up({}, exporter)
    with traces.span("page", part="pages"), traces.span("cell"):
        pass
    inner, outer = exporter.get_finished_spans()
    assert (inner.name, outer.name) == ("cell", "page")
    assert inner.parent.span_id == outer.context.span_id
    assert dict(outer.attributes) == {"part": "pages"}
    assert outer.resource.attributes["service.name"] == "quarterdeck"


def test_without_an_address_or_the_extra_nothing_is_traced(monkeypatch):
    assert not traces.set_up({})
    with traces.span("page"):
        pass
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert not traces.set_up({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})


class Collector(BaseHTTPRequestHandler):
    """Takes spans as a collector does, by OTLP over HTTP."""

    def do_POST(self):
        self.server.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


def test_a_collector_takes_them(monkeypatch):
    service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        collector.taken = []
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        monkeypatch.setenv(traces.ADDRESS, f"http://127.0.0.1:{collector.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        assert traces.set_up()
        with traces.span("request", part="pages"):
            pass
        traces.stop()
        collector.shutdown()
    ((path, body),) = collector.taken
    assert path == "/v1/traces"
    (resource,) = service.ExportTraceServiceRequest.FromString(body).resource_spans
    assert [span.name for span in resource.scope_spans[0].spans] == ["request"]
    assert "quarterdeck" in {attribute.value.string_value for attribute in resource.resource.attributes}
