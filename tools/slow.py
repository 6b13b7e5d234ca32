"""Runs the slow parts of the tests, and remembers for which files each of them has passed.

Run `python -m tools.slow` for all parts, `--changed` for those whose files are others than when they last passed, and
with the names of parts for those alone.
`tests/slow.state` holds a hash for each part and belongs into the repository.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / "tests" / "slow.state"
NOT_COUNTED = ("__pycache__", ".pyc", ".egg-info")
INSTALLED = ("pyproject.toml", "requirements.lock", "tests/conftest.py", "tests/environments.py")
SERVED = (
    "server.py",
    "core/serving.py",
    "core/config",
    ".streamlit/config.toml",
    "pages/ui/server",
    "tests/servers.py",
)
PARTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wheel": (
        ("tests/slow/test_wheel.py",),
        (
            *INSTALLED,
            *SERVED,
            "vectors.lock",
            "app.py",
            "pages",
            "assets",
            "sample_data",
            "core/resources.py",
            "core/cli.py",
        ),
    ),
    "versions": (("tests/slow/test_lowest_versions.py",), (*INSTALLED, "core")),
    "identity": (
        ("tests/slow/test_identity_provider.py", "tests/slow/test_certified_provider.py"),
        (
            *INSTALLED,
            *SERVED,
            "core/access",
            "pages/ui/kit/auth.py",
            "core/store/known_people.py",
            "tests/fixtures/certified_provider",
        ),
    ),
    "attack": (
        ("tests/slow/test_under_attack.py",),
        (*INSTALLED, *SERVED, "core/artifacts", "core/store", "pages/scenarios.py", "pages/ui/kit"),
    ),
    "proxies": (
        ("tests/slow/test_proxies.py",),
        (*INSTALLED, *SERVED, "deploy/proxies", "tests/slow/certificates.py", "pages/ui/kit/auth.py"),
    ),
    "replicas": (
        (
            "tests/slow/test_bucket.py",
            "tests/slow/test_replica_change.py",
            "tests/slow/test_replicas.py",
            "tests/slow/test_shared_servers.py",
        ),
        (
            *INSTALLED,
            *SERVED,
            "benchmarks/moves.py",
            "benchmarks/replicas.py",
            "core/artifacts",
            "core/replicas",
            "core/store",
            "deploy/proxies",
            "pages/ui/kit",
        ),
    ),
    "monitoring": (
        ("tests/slow/test_monitoring_server.py",),
        (
            *INSTALLED,
            *SERVED,
            "deploy/monitoring",
            "core/operations",
            "tests/deploy/test_monitoring.py",
            "tools/dashboard.py",
        ),
    ),
    "deployment": (
        ("tests/slow/test_deployment.py",),
        ("requirements.lock", "deploy/chart", "deploy/terraform", "deploy/Dockerfile", "tests/deploy/test_chart.py"),
    ),
    "image": (
        ("tests/slow/test_image.py",),
        (
            "pyproject.toml",
            "requirements.lock",
            "vectors.lock",
            ".dockerignore",
            "deploy/Dockerfile",
            "server.py",
            "core/serving.py",
            "core/operations",
        ),
    ),
    "provisioning": (
        ("tests/provisioning/test_scim.py",),
        (*INSTALLED, "core/provisioning", "core/store/provisioned.py", "pages/ui/server/scim_routes.py"),
    ),
    "rights": (("tests/pages/test_rights_matrix.py",), ("core/access", "pages", "app.py", "tests/conftest.py")),
    "proofs": (
        (
            "tests/marts/test_raw_rows_untouched.py",
            "tests/requirements/test_documents.py",
            "tests/requirements/test_fill_proof_kinds.py",
        ),
        ("core", "pages", "app.py", "tests/conftest.py", "tests/requirements"),
    ),
    "matching": (
        ("tests/real/test_requirement_lists.py",),
        (
            *INSTALLED,
            "vectors.lock",
            "core/requirements/match",
            "core/requirements/text",
            "core/requirements/catalogue",
        ),
    ),
    "scope": (
        ("tests/pages/test_scope_reach.py",),
        ("core/scope", "core/metrics", "core/forecasts", "pages", "app.py"),
    ),
    "engines": (("tests/engines/test_engine_marts.py",), ("core/marts", "core/sources/engines", "tests/engines")),
    "names": (("tests/pages/test_hidden_names.py",), ("core/access", "core/requirements/work", "pages", "app.py")),
    "look": (
        ("tests/browser/test_accessible.py", "tests/browser/test_look.py", "tests/browser/test_role_walks.py"),
        ("pages", "app.py", ".streamlit/config.toml", "tests/page_measures.py"),
    ),
    "api": (
        ("tests/slow/test_api_fuzz.py", "tests/slow/test_api_client.py"),
        (*INSTALLED, "server.py", "core/api", "core/alerts", "core/store/api_keys.py", "tools/api_client.py"),
    ),
    "odbc": (("tests/slow/test_bi_clients.py",), (*INSTALLED, "core/bi", "core/access")),
    "live": (
        ("tests/browser/test_connectors.py", "tests/browser/test_new_data.py", "tests/store/test_upgrade.py"),
        (
            *SERVED,
            "core/sources",
            "core/preparing",
            "core/jobs",
            "core/store",
            "pages/ui/data",
            "pages/data.py",
            "pages/ui/kit",
        ),
    ),
    "companies": (
        (
            "tests/models/test_bookings_signal.py",
            "tests/models/test_deterministic.py",
            "tests/models/test_forecast.py",
            "tests/models/test_truth.py",
            "tests/models/test_weekly.py",
            "tests/models/test_word_columns.py",
            "tests/pages/test_calls.py",
            "tests/pages/test_random_companies.py",
            "tests/real/test_learners.py",
            "tests/sample/test_plausible.py",
            "tests/scenarios/test_thin_data.py",
        ),
        ("core", "pages", "app.py", "tests/conftest.py", "tests/sample"),
    ),
}


def digest(paths: Iterable[str], root: Path = ROOT) -> str:
    """Return a hash of the names and contents of all files at some paths.

    Raises
    ------
    FileNotFoundError
        When a path is not there: a part that covers nothing would never run again.
    """
    out = hashlib.blake2b(digest_size=16)
    for path in sorted(set(paths)):
        target = root / path
        if not target.exists():
            raise FileNotFoundError(path)
        for file in [target] if target.is_file() else sorted(f for f in target.rglob("*") if f.is_file()):
            name = file.relative_to(root).as_posix()
            if not any(word in name for word in NOT_COUNTED):
                out.update(f"{name}\n".encode())
                out.update(hashlib.blake2b(file.read_bytes(), digest_size=16).digest())
    return out.hexdigest()


def hashes() -> dict[str, str]:
    """Return each part's hash as the files are now."""
    return {part: digest((*tests, *paths)) for part, (tests, paths) in PARTS.items()}


def passed() -> dict[str, str]:
    """Return the hashes with which the parts last passed."""
    if not STATE.exists():
        return {}
    return dict(line.split() for line in STATE.read_text(encoding="utf-8").splitlines() if line.strip())


def run(parts: Iterable[str]) -> int:
    """Run parts one after the other; write down each that passes, with the hash of before it ran.

    Returns
    -------
    int
        How many failed.
    """
    n_failed = 0
    for part in parts:
        before, begin = hashes()[part], time.monotonic()
        tests = PARTS[part][0]
        print(f"{part}: {', '.join(tests)}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-m", "slow", *tests]
        is_good = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
        n_failed += not is_good
        print(
            f"{part}: {'passed' if is_good else 'FAILED'} in {(time.monotonic() - begin) / 60:.1f} minutes", flush=True
        )
        if is_good:
            state = passed() | {part: before}
            STATE.write_text("".join(f"{name} {state[name]}\n" for name in sorted(state)), encoding="utf-8")
    return n_failed


def main(words: list[str]) -> int:
    """Run what is asked for; the number of parts that failed is the exit code."""
    before, names = passed(), [word for word in words if not word.startswith("--")]
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        sys.exit(f"There is no part called {unknown[0]}: there are {', '.join(PARTS)}.")
    asked = {part: now for part, now in hashes().items() if part in (names or PARTS)}
    parts = [part for part, now in asked.items() if "--changed" not in words or before.get(part) != now]
    if not parts:
        print("Nothing that a slow part covers has changed since it passed.")
    return run(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
