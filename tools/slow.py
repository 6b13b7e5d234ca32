"""Runs the slow parts of the tests, and remembers for which files each of them has passed.

Run `python -m tools.slow` for all parts, `--changed` for those whose files are others than when they last passed, and
with the names of parts for those alone. `--minutes=10` is for every push: it takes of them those that have passed
before, the quickest first, as long as all together take no longer, and none of the parts of `WEEKLY`; after ten minutes
it ends. `--list` prints their names and runs nothing.
`tests/slow.state` remembers them and belongs into the repository.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tools.slow_state import Record, digest, missing, passed, write_down

ROOT = Path(__file__).resolve().parents[1]
GRACE = 60.0  # seconds that tests which are interrupted have to end the servers they started
INSTALLED = ("pyproject.toml", "requirements.lock", "tests/environments.py")
SERVED = (
    "server.py",
    "core/serving.py",
    "core/config",
    ".streamlit/config.toml",
    "pages/ui/server",
    "tests/servers.py",
)
# Nearly every change touches what these cover: `make test-slow` runs them, before a release or once a week.
WEEKLY = frozenset({"companies", "language", "look", "names", "phone", "proofs", "rights", "scope", "versions"})
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
            "core/localization",
        ),
    ),
    "language": (("tests/pages/test_pseudo_language.py",), ("core", "pages", "app.py")),
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
            "tests/slow/test_killed_in_the_middle.py",
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
            "core/jobs",
            "core/preparing",
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
        ("tests/deploy/test_shipped_files.py", "tests/slow/test_deployment.py"),
        (
            "requirements.lock",
            "deploy/chart",
            "deploy/terraform",
            "deploy/Dockerfile",
            "deploy/compose.yaml",
            "tests/deploy/test_chart.py",
            "tests/environments.py",
        ),
    ),
    "image": (
        ("tests/slow/test_compose.py", "tests/slow/test_image.py"),
        (
            "pyproject.toml",
            "requirements.lock",
            "vectors.lock",
            ".dockerignore",
            "deploy/Dockerfile",
            "deploy/compose.yaml",
            "deploy/compose",
            "tests/slow/built_image.py",
            "tests/slow/conftest.py",
            "tests/slow/stand_ins",
            "server.py",
            "core/serving.py",
            "core/operations",
        ),
    ),
    "provisioning": (
        ("tests/provisioning/test_scim.py",),
        (*INSTALLED, "core/provisioning", "core/store/provisioned.py", "pages/ui/server/scim_routes.py"),
    ),
    "rights": (("tests/pages/test_rights_matrix.py",), ("core/access", "pages", "app.py")),
    "proofs": (
        (
            "tests/marts/test_raw_rows_untouched.py",
            "tests/requirements/test_documents.py",
            "tests/requirements/test_fill_proof_kinds.py",
        ),
        ("core", "pages", "app.py", "tests/requirements"),
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
    "closures": (("tests/artifacts/test_closure.py", "tests/artifacts/test_imports.py"), ("core/artifacts",)),
    "engines": (("tests/engines/test_engine_marts.py",), ("core/marts", "core/sources/engines", "tests/engines")),
    "downloads": (
        ("tests/cli/test_page_and_digest.py", "tests/pages/test_downloads.py", "tests/pages/test_notebooks.py"),
        ("core/charts", "core/enablement", "pages", "app.py", "assets"),
    ),
    "names": (
        (
            "tests/bi/test_embedding.py",
            "tests/pages/test_hidden_amounts.py",
            "tests/pages/test_hidden_names.py",
            "tests/pages/test_planted_names.py",
        ),
        ("core/access", "core/requirements/work", "pages", "app.py"),
    ),
    "look": (
        ("tests/browser/test_accessible.py", "tests/browser/test_look.py", "tests/browser/test_role_walks.py"),
        ("pages", "app.py", ".streamlit/config.toml", "tests/page_measures.py"),
    ),
    "phone": (
        ("tests/browser/test_phone.py",),
        (*SERVED, "pages", "app.py", ".streamlit/config.toml", "tests/page_measures.py", "tests/phone_measures.py"),
    ),
    "tenants": (
        ("tests/slow/test_tenants.py", "tests/tenants/test_tenant_commands.py"),
        (*INSTALLED, *SERVED, "core/tenants", "core/tenant_commands.py", "pages/ui/server/known_hosts.py"),
    ),
    "api": (
        ("tests/api/test_api.py", "tests/slow/test_api_fuzz.py", "tests/slow/test_api_client.py"),
        (*INSTALLED, "server.py", "core/api", "core/alerts", "core/store/api_keys.py", "tools/api_client.py"),
    ),
    "marketing": (
        ("tests/browser/test_leads_and_attribution.py",),
        (
            "pages/leads.py",
            "pages/attribution.py",
            "pages/ui/leads",
            "pages/ui/attribution",
            "core/models/leads",
            "core/metrics/channel_credit.py",
            "core/metrics/touchpoints.py",
        ),
    ),
    "learning": (
        ("tests/browser/test_training_effect.py", "tests/metrics/test_training_claims.py"),
        (
            "pages/enablement.py",
            "pages/ui/enablement/learning.py",
            "core/metrics/channel_effect.py",
            "core/metrics/content_effect.py",
            "core/metrics/course_record.py",
            "core/metrics/ramp_up.py",
            "core/metrics/training_effect.py",
            "core/sample/enablement_book.py",
            "core/sources/learning_rows.py",
        ),
    ),
    "work": (
        ("tests/browser/test_two_on_a_list.py",),
        ("pages/project.py", "pages/ui/project", "core/requirements/work", "core/requirements/export", "core/store"),
    ),
    "rivals": (
        ("tests/browser/test_competitors.py",),
        ("core/metrics/competitors.py", "pages/competitors.py", "pages/ui/competitors", "pages/ui/kit"),
    ),
    "flow": (("tests/browser/test_team_flow.py",), ("core/metrics/flow.py", "pages/pipeline.py", "pages/ui/pipeline")),
    "odbc": (("tests/slow/test_bi_clients.py",), (*INSTALLED, "core/bi", "core/access")),
    "live": (
        (
            "tests/browser/test_connectors.py",
            "tests/browser/test_data_wizard.py",
            "tests/browser/test_new_data.py",
            "tests/sources/test_draft_map.py",
            "tests/sources/test_vendor_connectors.py",
            "tests/sources/test_vendor_exports.py",
            "tests/store/test_upgrade.py",
        ),
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
    "model": (
        ("tests/browser/test_language_model.py", "tests/questions/test_questions.py"),
        (
            "core/rewriting",
            "core/questions",
            "pages/ui/kit/language_help.py",
            "pages/ui/kit/question_model.py",
            "pages/ui/requirements/draft_view.py",
        ),
    ),
    "languages": (
        ("tests/browser/test_languages.py",),
        (
            *SERVED,
            "core/localization",
            "pages/attribution.py",
            "pages/pipeline.py",
            "pages/scenarios.py",
            "pages/ui/kit",
            "pages/ui/server/shown_words.py",
        ),
    ),
    "library": (
        ("tests/browser/test_library.py", "tests/browser/test_main_paths.py"),
        (
            *SERVED,
            "core/requirements/library",
            "core/requirements/work",
            "core/store",
            "pages/library.py",
            "pages/requirements.py",
            "pages/ui/kit",
            "pages/ui/library",
            "pages/ui/requirements",
        ),
    ),
    "scenarios": (
        ("tests/browser/test_scenarios.py",),
        (*SERVED, "core/scenarios", "core/store", "pages/scenarios.py", "pages/ui/kit", "pages/ui/scenarios"),
    ),
    "calls": (
        ("tests/browser/test_calls.py",),
        (
            *SERVED,
            "core/charts",
            "core/forecasts/calls.py",
            "core/store",
            "pages/forecast.py",
            "pages/ui/forecast",
            "pages/ui/kit",
        ),
    ),
    "plays": (
        ("tests/browser/test_playbooks.py",),
        (
            *SERVED,
            "core/benchmarking",
            "core/plays",
            "core/store",
            "pages/benchmarks.py",
            "pages/playbooks.py",
            "pages/ui/benchmarks",
            "pages/ui/kit",
            "pages/ui/playbooks",
        ),
    ),
    "engagement": (
        ("tests/browser/test_engagement.py",),
        (
            *SERVED,
            "core/interactions",
            "core/sample/correspondence.py",
            "core/store",
            "pages/data.py",
            "pages/engagement.py",
            "pages/ui/data/engagement_part.py",
            "pages/ui/engagement",
            "pages/ui/kit",
        ),
    ),
    "selling": (
        ("tests/browser/test_pay_and_territories.py",),
        (
            *SERVED,
            "core/compensation",
            "core/metrics/territories.py",
            "core/scenarios/levers.py",
            "core/territories",
            "pages/pay.py",
            "pages/territories.py",
            "pages/ui/kit",
            "pages/ui/pay",
            "pages/ui/territories",
        ),
    ),
    "documents": (
        ("tests/browser/test_tutorials.py", "tests/slow/test_documents_site.py"),
        (
            "docs",
            "mkdocs.yml",
            "core/guides",
            "pages",
            "app.py",
            "tests/browser/tutorial_walk.py",
            "tools/tutorials.py",
        ),
    ),
    "companies": (
        (
            "tests/cli/test_cli.py",
            "tests/explain/test_accounts.py",
            "tests/explain/test_interactions.py",
            "tests/forecasts/test_backtest.py",
            "tests/models/test_bookings_signal.py",
            "tests/models/test_deterministic.py",
            "tests/models/test_ensemble_weights.py",
            "tests/models/test_forecast.py",
            "tests/models/test_truth.py",
            "tests/models/test_weekly.py",
            "tests/models/test_word_columns.py",
            "tests/models/test_worker_pool.py",
            "tests/pages/test_calls.py",
            "tests/pages/test_random_companies.py",
            "tests/pages/test_scenarios_page.py",
            "tests/real/test_crm_folder.py",
            "tests/real/test_learners.py",
            "tests/sample/test_forecast.py",
            "tests/sample/test_plausible.py",
            "tests/scenarios/test_thin_data.py",
            "tests/sources/test_snapshot.py",
        ),
        ("core", "pages", "app.py", "tests/sample"),
    ),
}


def hashes() -> dict[str, str]:
    """Return each part's hash as the files are now."""
    return {part: digest((*tests, *paths)) for part, (tests, paths) in PARTS.items()}


def within(parts: Iterable[str], minutes: float) -> list[str]:
    """Return the parts that are run at a push: not weekly, have passed once, and fit together into some minutes.

    The quickest come first. Whatever is left out is named in a printed line.
    """
    before, fit, left, late = passed(), list[str](), minutes, list[str]()
    for part in sorted(set(parts) - WEEKLY, key=lambda part: (before[part].minutes if part in before else 0.0, part)):
        if part in before and before[part].minutes <= left:
            fit.append(part)
            left -= before[part].minutes
        else:
            late.append(part)
    late += sorted(set(parts) & WEEKLY)
    if late:
        print(f"Changed, and left to `make test-slow`: {', '.join(late)}.", file=sys.stderr, flush=True)
    return fit


def exit_code(command: Sequence[str], seconds: float | None = None) -> int | None:
    """Run a command to its end, or for some seconds: then it is interrupted, so that it ends what it started.

    Returns
    -------
    int, optional
        Its exit code; null where it was interrupted.
    """
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return None


def try_part(part: str, seconds: float | None = None) -> tuple[str, list[str]]:
    """Run a part's tests, for some seconds at most.

    Returns
    -------
    tuple
        "passed", "FAILED", "left out" or "not finished"; and why tests were left out.
    """
    if seconds is not None and seconds <= 0:
        return "not finished", []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "slow", f"--junitxml={report}", *PARTS[part][0]]
        code = exit_code(command, seconds)
        lacks = missing(report)
    if code is None:
        return "not finished", []
    return ("FAILED" if code else "left out" if lacks else "passed"), lacks


def run(parts: Iterable[str], limit: float | None = None) -> int:
    """Run parts one after the other; write down each that passes, with the hash of before it ran.

    One of which a test was left out, as where a server is not installed, has not passed and has not failed. Nor has one
    that was not finished in the minutes that all together may take: what passed once in time may be slower elsewhere.

    Returns
    -------
    int
        How many failed.
    """
    outcomes, start = {}, time.monotonic()
    for part in parts:
        tests, paths = PARTS[part]
        before, begin = digest((*tests, *paths)), time.monotonic()
        print(f"{part}: {', '.join(tests)}", flush=True)
        outcomes[part], lacks = try_part(part, None if limit is None else start + 60 * limit - begin)
        minutes = (time.monotonic() - begin) / 60
        print(f"{part}: {outcomes[part]} in {minutes:.1f} minutes{'. ' * bool(lacks)}{'; '.join(lacks)}", flush=True)
        if outcomes[part] == "passed":
            write_down(part, Record(before, minutes))
    for outcome in ("left out", "not finished", "FAILED"):
        if names := [part for part in outcomes if outcomes[part] == outcome]:
            print(f"{outcome}: {', '.join(names)}", flush=True)
    return sum(outcome == "FAILED" for outcome in outcomes.values())


def main(words: list[str]) -> int:
    """Run what is asked for, or print its names; the number of parts that failed is the exit code."""
    before, names = passed(), [word for word in words if not word.startswith("--")]
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        sys.exit(f"There is no part called {unknown[0]}: there are {', '.join(PARTS)}.")
    parts = names or list(PARTS)
    if "--changed" in words:
        now = hashes()
        parts = [part for part in parts if part not in before or before[part].digest != now[part]]
    if not parts:
        print("Nothing that a slow part covers has changed since it passed.", file=sys.stderr)
    limits = [float(word.removeprefix("--minutes=")) for word in words if word.startswith("--minutes=")]
    parts = within(parts, min(limits)) if limits else parts
    if "--list" in words:
        print("\n".join(parts))
        return 0
    return run(parts, min(limits, default=None))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
