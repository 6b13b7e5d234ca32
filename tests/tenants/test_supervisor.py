"""The supervisor follows the folders: it starts, starts again with pauses, ends, and resets demos at night."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from core.tenants import nightly_reset, supervisor
from core.tenants.supervisor import Supervisor
from core.tenants.tenant_registry import Tenant

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
ENDS = [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def watch(registry, monkeypatch):
    """A supervisor whose servers only sleep, a clock that is set, and what it said."""
    made, plain = [], subprocess.Popen

    def start(words, **options):
        made.append((words, options))
        return plain(watch.program, start_new_session=True)

    class Watch:
        program = SLEEPS
        seconds = 0.0
        moment = datetime(2026, 5, 4, 20, tzinfo=UTC)

    watch = Watch()
    watch.said, watch.started = [], made
    monkeypatch.setattr(supervisor.subprocess, "Popen", start)
    watch.supervisor = Supervisor(
        registry, {"PATH": "/bin"}, watch.said.append, lambda: watch.moment, lambda: watch.seconds
    )
    yield watch
    watch.supervisor.end()


def create(registry, name="north", **more):
    return registry.create(name, [f"{name}.example.com"], {"access": {"sign_in": "none"}}, **more)


def test_tenants_are_started_as_they_come_and_ended_as_they_go(registry, watch):
    watch.supervisor.look()
    assert watch.said == []
    create(registry)
    create(registry, "south")
    watch.supervisor.look()
    watch.supervisor.look()
    assert sorted(watch.supervisor.groups) == ["north", "south"]
    words, options = watch.started[0]
    assert words[-1] == "8601"
    assert options["env"]["QUARTERDECK_TENANT"] == "north"
    assert options["cwd"] == registry.get("north").folder
    process = watch.supervisor.groups["north"].process
    registry.delete("north")
    (registry.root / "north" / "home").mkdir(parents=True)  # as a server may that is about to end
    watch.supervisor.look()
    assert not (registry.root / "north").exists()
    assert process.poll() is not None
    assert "north was deleted." in watch.said
    assert list(watch.supervisor.groups) == ["south"]


def test_a_server_that_ends_is_started_again_after_longer_and_longer_pauses(registry, watch):
    create(registry)
    watch.program = ENDS
    for pause in (1.0, 2.0, 4.0):
        watch.supervisor.look()
        watch.supervisor.groups["north"].process.wait()
        watch.supervisor.look()
        assert watch.said[-1] == f"north ended with 3 and is started again in {pause:.0f} s."
        watch.seconds += pause
    watch.program = SLEEPS
    watch.supervisor.look()
    watch.seconds += 61
    watch.supervisor.groups["north"].process.kill()
    watch.supervisor.groups["north"].process.wait()
    watch.supervisor.look()
    assert watch.said[-1].endswith("started again in 1 s.")


def test_one_that_cannot_be_run_is_told_once(registry, watch):
    tenant = create(registry)
    (tenant.folder / "quarterdeck.yaml").write_text("company: [")
    watch.supervisor.look()
    watch.supervisor.look()
    assert len(watch.said) == 1
    assert "north is not started" in watch.said[0]


def test_a_program_that_is_not_there_is_told_and_tried_again(registry, watch):
    create(registry)
    watch.program = ["/nowhere/at/all"]
    watch.supervisor.look()
    assert "cannot be started" in watch.said[0]
    watch.supervisor.look()
    assert len(watch.said) == 1


def test_told_to_stop_it_ends_all(registry, watch):
    create(registry)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    watch.supervisor.run(stop)
    assert watch.supervisor.groups == {}
    assert watch.said[-1] == "north is stopped."


def test_processes_run_as_the_tenants_own_account(tmp_path):
    assert supervisor.account_options(Tenant("north", tmp_path, 8601)) == {}
    options = supervisor.account_options(Tenant("north", tmp_path, 8601, account="qd-north"))
    assert (options["user"], options["group"], options["extra_groups"]) == ("qd-north", "qd-north", [])


def test_a_demo_is_emptied_at_night_and_nobody_else(registry, watch):
    demo, own = create(registry, "demo", is_demo=True), create(registry)
    for tenant in (demo, own):
        for name in ("quarterdeck.db", "branding/brand.yaml", "artifacts/models/x", "artifacts/uploads/y"):
            path = tenant.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (tenant.folder / "tmp" / "part").touch()
    watch.supervisor.look()
    watch.moment += timedelta(hours=8)
    watch.supervisor.look()
    names = sorted(path.relative_to(demo.home).as_posix() for path in demo.home.rglob("*") if path.is_file())
    assert names == ["artifacts/models/x"]
    assert not list((demo.folder / "tmp").iterdir())
    assert len([path for path in own.home.rglob("*") if path.is_file()]) == 4
    assert "demo is as on its first day." in watch.said
    assert sorted(watch.supervisor.groups) == ["demo", "north"]
    n_said = len(watch.said)
    watch.supervisor.look()
    assert len(watch.said) == n_said


def test_where_visitors_brought_data_everything_learnt_goes_too(registry):
    demo = create(registry, is_demo=True)
    for name in ("sources/list", "artifacts/models/x", "artifacts/sample/company"):
        path = demo.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    nightly_reset.reset(demo)
    assert [path.name for path in demo.home.rglob("*") if path.is_file()] == ["company"]


def test_a_reset_that_fails_is_told_and_the_demo_goes_on(registry, watch, monkeypatch):
    create(registry, "demo", is_demo=True)
    watch.supervisor.look()
    monkeypatch.setattr(nightly_reset, "reset", lambda _: (_ for _ in ()).throw(OSError("busy")))
    watch.moment += timedelta(hours=8)
    watch.supervisor.look()
    assert "demo could not be reset: busy." in watch.said
    assert "demo" in watch.supervisor.groups
