"""An empty folder of tenants, and the commands run on it in the test's process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.tenants.tenant_registry import Registry
from tests.cli.commands import Done, in_process


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "tenants"


@pytest.fixture
def registry(root: Path) -> Registry:
    return Registry(root)


@pytest.fixture
def tenant_command(root: Path) -> Callable[..., Done]:
    return lambda *words: in_process("tenant", *words, QUARTERDECK_TENANTS=str(root))
