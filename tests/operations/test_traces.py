from __future__ import annotations

import sys

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
