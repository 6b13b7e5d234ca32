"""A home folder that became read-only still serves what was built, saves lying elsewhere."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

import filelock
from streamlit.testing.v1 import AppTest

from core.artifacts import forget_all

ROOT = Path(__file__).resolve().parents[2]


def refused_in(home, original, folder_of):
    def call(*given, **named):
        if Path(folder_of(*given, **named)).is_relative_to(home):
            raise OSError(errno.EROFS, "Read-only file system")
        return original(*given, **named)

    return call


def test_a_page_opens_from_a_home_that_cannot_be_written(settings, sample, bundle, monkeypatch, tmp_path):
    home = settings.home.absolute()
    monkeypatch.setenv("QUARTERDECK_HOME", str(home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    made = refused_in(home, tempfile.mkdtemp, lambda *_, dir=None, **__: dir or tempfile.gettempdir())
    taken = refused_in(home, filelock.FileLock.acquire, lambda lock, *_, **__: lock.lock_file)
    monkeypatch.setattr(tempfile, "mkdtemp", made)
    monkeypatch.setattr(filelock.FileLock, "acquire", taken)
    forget_all()
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run().switch_page("pages/pipeline.py").run()
    assert not page.exception
    assert not page.error
    assert page.dataframe
