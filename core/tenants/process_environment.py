"""What a tenant's processes are told: nothing of the supervisor's environment but what every program needs.

A secret of the supervisor, or of another tenant, in the environment could be asked for by its name from a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.config.tenant_name import TENANT
from core.operations.log_lines import FORMAT, LEVEL, PLAIN, SECRET
from core.sealing.sealing_keys import KEY_FILE
from core.tenants.tenant_registry import LOG_SECRET, METRICS_TOKEN, SEAL, TEMPORARY, Tenant

PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "POLARS_MAX_THREADS",
    "OMP_WAIT_POLICY",
    "OPENBLAS_THREAD_TIMEOUT",
    LEVEL,
)
NO_KEYRING = "keyring.backends.null.Keyring"  # That of the account would be shared by all of them.


def environment(tenant: Tenant, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a tenant's processes.

    Parameters
    ----------
    tenant : Tenant
    environ : mapping
        The supervisor's.

    Returns
    -------
    dict of str
        Streamlit reads settings and secrets below `HOME` and the working folder, which are the tenant's own.
    """
    passed = {name: environ[name] for name in PASSED_ON if environ.get(name)}
    secret = tenant.key_file(LOG_SECRET).read_text(encoding="utf-8").strip()
    own = {
        TENANT: tenant.name,
        "HOME": str(tenant.folder),
        "TMPDIR": str(_temporary(tenant.folder)),
        "PYTHON_KEYRING_BACKEND": NO_KEYRING,
        KEY_FILE: str(tenant.key_file(SEAL)),
        "QUARTERDECK_METRICS_TOKEN_FILE": str(tenant.key_file(METRICS_TOKEN)),
        FORMAT: environ.get(FORMAT) or PLAIN,
        SECRET: secret,
    }
    return passed | own | tenant.locations


def _temporary(folder: Path) -> Path:
    return folder / TEMPORARY
