"""What this process counts and times: pages, cells, moves, errors, requests and look-ups, in Prometheus' format.

Labels are names of pages, of questions and of classes, which are the code's own; nobody's name or data stands in one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric

from core import __version__
from core.config.tenant_name import tenant_name
from core.contracts.errors import QuarterdeckError

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 60.0)
QUICK = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5.0)

BUILD = Gauge("quarterdeck_build_info", "The version that runs, always 1.", ["version"], registry=REGISTRY)
BUILD.labels(__version__).set(1)
PAGE_SECONDS = Histogram(
    "quarterdeck_page_seconds", "How long whole pages took to run.", ["page"], buckets=SECONDS, registry=REGISTRY
)
CELL_SECONDS = Histogram(
    "quarterdeck_cell_seconds", "How long cells took.", ["page", "cell"], buckets=SECONDS, registry=REGISTRY
)
MOVE_SECONDS = Histogram(
    "quarterdeck_move_seconds",
    "How long parts of pages took to follow a slider or another control.",
    ["page"],
    buckets=QUICK,
    registry=REGISTRY,
)
RUNS = Counter(
    "quarterdeck_page_runs",
    "Pages and parts of pages that were run, by whether something unforeseen failed.",
    ["page", "outcome"],
    registry=REGISTRY,
)
ERRORS = Counter(
    "quarterdeck_errors", "What was told to people as an error, by kind.", ["kind", "page"], registry=REGISTRY
)
REQUESTS = Counter(
    "quarterdeck_http_requests",
    "Requests that were answered, by part of the server and class of status.",
    ["part", "status"],
    registry=REGISTRY,
)
LOOKUPS = Counter(
    "quarterdeck_cache_lookups",
    "Results that pages asked for, by whether they were in memory.",
    ["kind", "outcome"],
    registry=REGISTRY,
)
SESSIONS = Gauge("quarterdeck_sessions", "Browsers with a page open on this replica.", registry=REGISTRY)
FAILED = threading.local()


def page_ran(page: str, seconds: float, is_failed: bool) -> None:
    """Note that a whole page ran."""
    PAGE_SECONDS.labels(page).observe(seconds)
    RUNS.labels(page, "failed" if is_failed else "ok").inc()


def moved(page: str, seconds: float, is_failed: bool) -> None:
    """Note that a part of a page followed a control."""
    MOVE_SECONDS.labels(page).observe(seconds)
    RUNS.labels(page, "failed" if is_failed else "ok").inc()


def cell_drawn(page: str, question: str, seconds: float) -> None:
    """Note that a cell was drawn."""
    CELL_SECONDS.labels(page, question).observe(seconds)


def error_kind(error: BaseException) -> str:
    """Return what an error is counted under: the class of one that was foreseen, else "Unexpected".

    Examples
    --------
    >>> from core.contracts.errors import ConfigError
    >>> error_kind(ConfigError("No.")), error_kind(KeyError("x"))
    ('ConfigError', 'Unexpected')
    """
    return type(error).__name__ if isinstance(error, QuarterdeckError) else "Unexpected"


def error_met(error: BaseException, page: str) -> None:
    """Count an error; one that nobody foresaw makes the run of the page a failed one."""
    kind = error_kind(error)
    ERRORS.labels(kind, page).inc()
    if kind == "Unexpected":
        FAILED.is_set = True


def take_failure() -> bool:
    """Say whether something unforeseen failed in this thread since it was asked last."""
    is_failed = getattr(FAILED, "is_set", False)
    FAILED.is_set = False
    return is_failed


def answered(part: str, status: int) -> None:
    """Count a request that was answered with a status."""
    REQUESTS.labels(part, f"{status // 100}xx").inc()


def looked_up(kind: str, is_there: bool) -> None:
    """Count a look-up of a result."""
    LOOKUPS.labels(kind, "hit" if is_there else "miss").inc()


def count_sessions(count: Callable[[], float]) -> None:
    """Ask `count` for the open sessions whenever figures are read."""
    SESSIONS.set_function(count)


def open_sessions() -> int:
    """Return how many browsers have a page open on this replica; 0 where nobody counts them."""
    return int(sum(sample.value for metric in SESSIONS.collect() for sample in metric.samples))


def exposition() -> bytes:
    """Return everything that is counted, in Prometheus' text format."""
    name = tenant_name()
    return bytes(generate_latest(_OfTenant(REGISTRY, name) if name else REGISTRY))


class _OfTenant:
    """A registry whose every figure bears the tenant's name."""

    def __init__(self, registry: CollectorRegistry, name: str) -> None:
        self.registry, self.name = registry, name

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        for metric in self.registry.collect():
            named = Metric(metric.name, metric.documentation, metric.type, metric.unit)
            named.samples = [
                sample._replace(labels={**sample.labels, "tenant": self.name}) for sample in metric.samples
            ]
            yield named
