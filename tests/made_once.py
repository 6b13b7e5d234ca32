"""What nearly every test would make anew and finds the same each time is made once per process.

A new SQLite file takes 60 ms of processor time to be brought up from nothing, and Streamlit looks through every
installed package for components whenever a test opens a page, which takes 140; it compiles the page then, too.
Dataframely makes the empty frame of an entity anew whenever it is asked for, and companies by hand ask hundreds of
times. `tests/store/test_upgrade.py` and others of migrations call `core.store.upgrade` themselves, or begin with a file
that is there.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
from pathlib import Path

from sqlalchemy import URL, Engine, NullPool, create_engine

from core.store import database
from core.store.upgrade import bring_up


def share() -> None:
    """Make all of them once from here on, in this process."""
    database.bring_up = _from_blank
    if "dataframely" in sys.modules:
        _share_empty_frames()
    if "streamlit" in sys.modules:
        from streamlit.components.v2 import manifest_scanner

        manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
    if "streamlit.testing.v1" in sys.modules:
        _share_scripts()


def _share_scripts() -> None:
    """Compile a page once for all tests, and wait for it asleep: Streamlit looks a thousand times a second."""
    from streamlit.runtime.scriptrunner.script_cache import ScriptCache
    from streamlit.testing.v1 import local_script_runner

    compiled, plain, wait = {}, ScriptCache.__init__, local_script_runner.require_widgets_deltas

    def begin(cache: ScriptCache) -> None:
        plain(cache)
        cache._cache = compiled

    def wait_asleep(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        runner._script_thread.join(timeout)
        wait(runner, 0.1)

    ScriptCache.__init__ = begin
    local_script_runner.require_widgets_deltas = wait_asleep


def _share_empty_frames() -> None:
    """Give whoever asks for an empty frame of a schema the same one: frames never change."""
    from dataframely import Schema

    make, frames = vars(Schema)["create_empty"].__func__, {}

    def create_empty(schema: type[Schema], *, lazy: bool = False) -> object:
        if (schema, lazy) not in frames:
            frames[schema, lazy] = make(schema, lazy=lazy)
        return frames[schema, lazy]

    Schema.create_empty = classmethod(create_empty)


def _from_blank(engine: Engine, url: URL, busy_seconds: float) -> tuple[str, ...]:
    file = database.sqlite_file(url)
    if file is None or file.exists():
        return bring_up(engine, url, busy_seconds)
    copy = file.with_name(f"{file.name}.{os.getpid()}-{id(engine)}")
    shutil.copyfile(_blank(), copy)
    try:
        os.link(copy, file)
    except FileExistsError:  # another thread was first
        return bring_up(engine, url, busy_seconds)
    finally:
        copy.unlink()
    return ()


@functools.cache
def _blank() -> Path:
    """Return a SQLite file with all tables and no rows."""
    file = Path(tempfile.mkdtemp(prefix="quarterdeck-blank-")) / "blank.db"
    url = URL.create("sqlite", database=str(file))
    engine = create_engine(url, poolclass=NullPool)
    bring_up(engine, url, 60)
    engine.dispose()
    return file
