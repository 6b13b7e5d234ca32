"""What every test may ask for: settings, the sample company and the models trained on it, built once.

There are two companies. `sample` has 240 accounts, and is learnt in a quarter of the time of the default one. Tests of
what models find and of real numbers take the default one, by `default_sample` or whole from `tests/default_company.py`;
those that need its models are slow. Both have a home of their own in `.quarterdeck-tests`, so that tests never push out
the models somebody works with. All workers share it: whoever comes first trains, the others wait at a lock.
"""

from __future__ import annotations

import gc
import os
import sys

# Workers share the cores: threads of one that wait for those of another cost several times what they bring. Polars has
# one; those of LightGBM and BLAS sleep when they have nothing to do, and add up in the same order as ever. Set before
# any of them is imported, and for the servers that tests start.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests import left_out, made_once, processor_time, second_tries, shared_collection, untraced
from tests.browsers import EndsChromium, browser, new_context, page
from tests.companies import HOME, ROOT, settings_of, small_home
from tests.small_company import bundle, customers, landmarks, sample, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.config import Settings
    from core.contracts import Dataset
    from core.models.bundle import Bundle

__all__ = ["browser", "bundle", "customers", "landmarks", "new_context", "page", "sample", "settings"]
# Folders of tests that start browsers, databases, servers or processes, or make companies: none of theirs is quick.
SLOWER = (
    *("pages", "browser", "real", "cli", "store", "slow", "models", "properties", "oracles", "sample", "engines"),
    *("api", "assistants", "backup", "bi", "jobs", "provisioning", "tenants", "usage"),
)
# Files elsewhere that do, or that go through hundreds of real texts.
SLOWER_FILES = (
    *("test_connector_sync.py", "test_documents.py", "test_draft_answers.py", "test_gap_analysis.py"),
    *("test_guarded_read.py", "test_odd_exports.py", "test_row_kind.py", "test_sql_sources.py"),
    *("test_vendor_connectors.py", "test_vendor_exports.py"),
)
# These run through code that other tests measure; counting lines doubles what a test takes. What is counted of them all
# the same stands in `tests/traced.txt`.
UNTRACED = ("pages", "browser", "real", "properties", "oracles", "architecture")
# Of those folders `make untraced` traces what can be traced at all: a server that a test starts cannot.
TRACEABLE = ("pages", "properties", "oracles")
# What one worker does for minutes begins first, so that the others do not wait for it in the end.
FIRST = ("standards", "browser", "store")
LEARNS = {
    "sample",
    "bundle",
    "default_sample",
    "default_bundle",
    "customers",
    "landmarks",
    "small",
    "small_bundle",
    "browser",
    "page",
    "url",
    "cluster",
    "store",
}
LONGEST_CASE = 100  # letters
OUTSIDE = ("QUARTERDECK_CONFIG", "QUARTERDECK_DATA", "QUARTERDECK_MAPPING", "QUARTERDECK_DATABASE_URL")


def pytest_configure(config: pytest.Config) -> None:
    """Take away settings of whoever runs the tests, before anything is read.

    What is compiled is kept, by commands that tests start too: compiling everything takes longer than most tests.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in OUTSIDE:
        os.environ.pop(name, None)
    os.environ["QUARTERDECK_HOME"] = str(HOME)
    # A machine under load is slow, which is no fault of what is tested. Where a change is let in or refused (CI), the
    # same examples are tried each time; everybody's own runs go on looking for new ones.
    hypothesis.settings.register_profile(
        "suite",
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
        derandomize="CI" in os.environ,
    )
    hypothesis.settings.load_profile("suite")
    config.pluginmanager.register(left_out.LeftOut(), "left-out")
    config.pluginmanager.register(second_tries.SecondTries(), "second-tries")
    config.pluginmanager.register(EndsChromium(), "ends-chromium")
    config.pluginmanager.register(untraced.Untraced(), "untraced")
    if untraced.FOLDER in os.environ:
        config.pluginmanager.register(untraced.Gains(Path(os.environ[untraced.FOLDER]), TRACEABLE), "gains")
    config.pluginmanager.register(processor_time.ProcessorTime(), "processor-time")
    if config.pluginmanager.hasplugin("_cov"):
        untraced.analyse_once()
    if hasattr(config, "workerinput"):
        worker, n = config.workerinput["workerid"], config.workerinput["workercount"]
        config.pluginmanager.register(shared_collection.SharedCollection(worker, n), "shared-collection")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave folders without a quick test alone where only the quick ones run: reading them costs more than running."""
    is_quick = config.option.markexpr == "quick"
    return True if is_quick and _is_slower(collection_path.relative_to(ROOT).as_posix()) else None


def _is_slower(name: str) -> bool:
    """Say whether a folder or file of tests, named from the project on, holds no quick test."""
    parts = name.split("/")
    return (parts[0] == "tests" and len(parts) > 1 and parts[1] in SLOWER) or parts[-1] in SLOWER_FILES


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case of a long value shortly: workers tell each other the names, and a file made anew has other bytes."""
    if not isinstance(val, str | bytes) or len(val) <= LONGEST_CASE:
        return None
    return f"{len(val)} bytes" if isinstance(val, bytes) else f"{val[:LONGEST_CASE]} and more"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """Look for no garbage while everything is imported, and never again among what was: there is none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_finish() -> None:
    """Share what tests would make anew each; now, for what they import is imported."""
    made_once.share()


@pytest.fixture(scope="session")
def default_settings() -> Settings:
    """The defaults, with a home in which the sample company has its default size."""
    return settings_of(HOME)


@pytest.fixture(scope="session")
def default_sample(default_settings: Settings) -> Dataset:
    """The sample company in its default size, with 1,203 accounts."""
    from core.sources import load_sample

    return load_sample(default_settings)


@pytest.fixture(scope="session")
def default_bundle(default_sample: Dataset, default_settings: Settings) -> Bundle:
    """The models trained on it."""
    from core.models import registry

    return registry.load_or_train(default_sample, default_settings)


@pytest.fixture(scope="session")
def small_settings() -> Settings:
    """The defaults, with a home in which the sample company is a small one."""
    return settings_of(small_home(HOME / "small"))


@pytest.fixture(scope="session")
def small(small_settings: Settings) -> Dataset:
    """The sample company with 240 accounts."""
    from core.sources import load_sample

    return load_sample(small_settings)


@pytest.fixture(scope="session")
def small_bundle(small: Dataset, small_settings: Settings) -> Bundle:
    """The models trained on the small company."""
    from core.models import registry

    return registry.load_or_train(small, small_settings)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is quick (no browser, no database, no trained models, no sample company), untraced, and goes together.

    Tests of one file share what it opens and trains: scattered, every worker would make it anew.
    """
    counted = untraced.listed(untraced.TRACED)
    names = {path: path.relative_to(ROOT).as_posix() for path in {item.path for item in items}}
    for item in items:
        name = names[item.path]
        folder = name.split("/")[1] if name.startswith("tests/") else "core"
        if folder == "browser":
            item.add_marker(second_tries.TRIES)
        is_traced = untraced.plain(item.nodeid) in counted or (folder in TRACEABLE and untraced.FOLDER in os.environ)
        if (folder in UNTRACED and not is_traced) or item.get_closest_marker("postgres"):
            item.add_marker("untraced")
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(name))
        needs = LEARNS & set(getattr(item, "fixturenames", ()))
        if not _is_slower(name) and not needs and not item.get_closest_marker("slow"):
            item.add_marker("quick")
    items.sort(key=lambda item: item.get_closest_marker("xdist_group").args[0] not in FIRST)
