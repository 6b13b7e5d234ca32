"""Runs every tenant as a group of processes of its own: starts, starts again, ends, and follows the folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.tenants import nightly_reset
from core.tenants.process_environment import environment
from core.tenants.tenant_registry import Registry, Tenant

FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S = 1.0, 60.0, 60.0
LOOKS_EVERY_S, PATIENCE_S = 1.0, 60.0


@dataclass
class Group:
    """The processes of one tenant."""

    tenant: Tenant
    process: subprocess.Popen[bytes]
    started_at: float
    pause_s: float = FIRST_PAUSE_S


@dataclass
class Supervisor:
    """Keeps the processes of all tenants as the registry says.

    Attributes
    ----------
    registry : Registry
    environ : mapping
        The supervisor's own environment.
    say : callable
        Takes a sentence for whoever runs it.
    now : callable
        Returns the present time in UTC.
    clock : callable
        Returns seconds that only grow.
    """

    registry: Registry
    environ: Mapping[str, str]
    say: Callable[[str], None]
    now: Callable[[], datetime]
    clock: Callable[[], float] = time.monotonic
    groups: dict[str, Group] = field(default_factory=dict)
    _again: dict[str, tuple[float, float]] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _reset_at: dict[str, datetime] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Follow the registry until told to stop, then end every tenant in order."""
        try:
            while not stop.is_set():
                self.look()
                stop.wait(LOOKS_EVERY_S)
        finally:
            self.end()

    def look(self) -> None:
        """Start what should run and does not, end what runs and should not."""
        wanted = {tenant.name: tenant for tenant in self.registry.tenants()}
        for name in [name for name in self.groups if name not in wanted]:
            self._stop(self.groups.pop(name), "was deleted")
            self.registry.sweep(name)
        for name, tenant in wanted.items():
            self._tell_problem(tenant)
            self._reset_if_due(tenant)
            group = self.groups.get(name)
            if group is not None and group.process.poll() is not None:
                self._note_end(self.groups.pop(name))
                group = None
            if group is None and not tenant.problem and self._again.get(name, (0.0, 0.0))[0] <= self.clock():
                self._start(tenant)

    def end(self) -> None:
        """End every tenant, all at once, and wait for them."""
        for group in self.groups.values():
            _signal(group, signal.SIGTERM)
        for name in list(self.groups):
            self._stop(self.groups.pop(name), "is stopped")

    def _start(self, tenant: Tenant) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.cli", "serve", "--address", "127.0.0.1", "--port", str(tenant.port)],
                cwd=tenant.folder,
                env=environment(tenant, self.environ),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                **account_options(tenant),
            )
        except (OSError, ValueError, KeyError) as error:
            self._put_off(tenant.name, FIRST_PAUSE_S)
            self.say(f"{tenant.name} cannot be started: {error}.")
            return
        pause = self._again.pop(tenant.name, (0.0, FIRST_PAUSE_S))[1]
        self.groups[tenant.name] = Group(tenant, process, self.clock(), pause)
        self.say(f"{tenant.name} is started on port {tenant.port} for {', '.join(tenant.hosts)}.")

    def _reset_if_due(self, tenant: Tenant) -> None:
        """Put a demo back to its first day, at night; it is started again by the look that follows."""
        if not tenant.is_demo or tenant.settings is None:
            return
        now = self.now()
        since = self._reset_at.setdefault(tenant.name, now)
        if not nightly_reset.is_due(now, since, tenant.settings.time_zone):
            return
        self._reset_at[tenant.name] = now
        if group := self.groups.pop(tenant.name, None):
            self._stop(group, "is stopped for its nightly reset")
        try:
            nightly_reset.reset(tenant)
        except OSError as error:
            self.say(f"{tenant.name} could not be reset: {error}.")
        else:
            self.say(f"{tenant.name} is as on its first day.")

    def _note_end(self, group: Group) -> None:
        is_steady = self.clock() - group.started_at >= STEADY_S
        pause = FIRST_PAUSE_S if is_steady else group.pause_s
        self._put_off(group.tenant.name, pause)
        _signal(group, signal.SIGKILL)  # A worker it left behind.
        code = group.process.returncode
        self.say(f"{group.tenant.name} ended with {code} and is started again in {pause:.0f} s.")

    def _put_off(self, name: str, pause_s: float) -> None:
        self._again[name] = (self.clock() + pause_s, min(pause_s * 2, LONGEST_PAUSE_S))

    def _tell_problem(self, tenant: Tenant) -> None:
        if tenant.problem and self._told.get(tenant.name) != tenant.problem:
            self.say(f"{tenant.name} is not started: {tenant.problem}")
        self._told[tenant.name] = tenant.problem

    def _stop(self, group: Group, why: str) -> None:
        _signal(group, signal.SIGTERM)
        try:
            group.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            _signal(group, signal.SIGKILL)
            group.process.wait()
        _signal(group, signal.SIGKILL)
        self.say(f"{group.tenant.name} {why}.")


def account_options(tenant: Tenant) -> dict[str, Any]:
    """Return how a process is started as a tenant's account of the operating system; nothing where it has none."""
    if not tenant.account:
        return {}
    return {"user": tenant.account, "group": tenant.account, "extra_groups": [], "umask": 0o077}


def _signal(group: Group, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group.process.pid, number)
