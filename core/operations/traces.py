"""OpenTelemetry traces of pages, cells and requests: only where the extra `traces` is installed and an address is set.

Without either, a span costs the look at one variable.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core import __version__

ADDRESS = "OTEL_EXPORTER_OTLP_ENDPOINT"


class _Tracing:
    provider: Any = None
    tracer: Any = None


_TRACING = _Tracing()


def set_up(environ: Mapping[str, str] | None = None, exporter: Any = None) -> bool:
    """Send spans to the collector the environment names; say whether spans are made from now on.

    Parameters
    ----------
    environ : mapping, optional
        Stands in for the process environment.
    exporter : SpanExporter, optional
        Takes the spans in place of a collector.
    """
    env = os.environ if environ is None else environ
    if exporter is None and not env.get(ADDRESS):
        return False
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    except ImportError:
        return False
    processor: Any
    if exporter is None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        except ImportError:
            return False
        processor = BatchSpanProcessor(OTLPSpanExporter())
    else:
        processor = SimpleSpanProcessor(exporter)
    provider = TracerProvider(resource=Resource({"service.name": "quarterdeck", "service.version": __version__}))
    provider.add_span_processor(processor)
    _TRACING.provider, _TRACING.tracer = provider, provider.get_tracer("quarterdeck")
    return True


def stop() -> None:
    """Send what is left, and make no spans any more."""
    if _TRACING.provider is not None:
        _TRACING.provider.shutdown()
    _TRACING.provider = _TRACING.tracer = None


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """Trace what is done inside, with attributes that name nobody."""
    if _TRACING.tracer is None:
        yield
        return
    with _TRACING.tracer.start_as_current_span(name, attributes=attributes):
        yield
