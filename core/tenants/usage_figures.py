"""What each tenant uses of its limits, as its own server counts it: nobody else opens its database."""

from __future__ import annotations

import http.client
from http import HTTPStatus

from prometheus_client.parser import text_string_to_metric_families

from core.tenants.tenant_registry import METRICS_TOKEN, Tenant
from core.usage.usage_standing import KINDS, Standing, Usage

SECONDS = 3.0
USED, LIMIT = "quarterdeck_usage", "quarterdeck_usage_limit"


def of_tenant(tenant: Tenant) -> Standing | None:
    """Return what a tenant uses; None where its server does not answer or does not say."""
    try:
        token = tenant.key_file(METRICS_TOKEN).read_text(encoding="utf-8").strip()
        connection = http.client.HTTPConnection("127.0.0.1", tenant.port, timeout=SECONDS)
        try:
            connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            text = answer.read().decode() if answer.status == HTTPStatus.OK else ""
        finally:
            connection.close()
        return read(text)
    except (OSError, ValueError, http.client.HTTPException):
        return None


def read(text: str) -> Standing | None:
    """Return what figures in Prometheus' text format say of use and limits; None where they say nothing.

    Examples
    --------
    >>> figures = 'quarterdeck_usage{kind="seats"} 4\\nquarterdeck_usage_limit{kind="seats"} 5\\n'
    >>> [part.short() for part in read(figures).parts]
    ['4 of 5 seats (nearly full)']
    """
    figures = {
        (sample.name, sample.labels.get("kind", "")): int(sample.value)
        for family in text_string_to_metric_families(text)
        if family.name in (USED, LIMIT)
        for sample in family.samples
    }
    parts = [
        Usage(kind, figures[USED, kind], figures.get((LIMIT, kind), 0)) for kind in KINDS if (USED, kind) in figures
    ]
    return Standing(parts) if parts else None
