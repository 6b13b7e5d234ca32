"""Which of several companies on one installation a process belongs to; empty where there is but one."""

from __future__ import annotations

import os
from collections.abc import Mapping

TENANT = "QUARTERDECK_TENANT"


def tenant_name(environ: Mapping[str, str] | None = None) -> str:
    """Return the tenant's name, as the supervisor gave it to the process.

    Examples
    --------
    >>> tenant_name({"QUARTERDECK_TENANT": "acme"}), tenant_name({})
    ('acme', '')
    """
    return (os.environ if environ is None else environ).get(TENANT, "")
