"""The disk tier under kills, jumping clocks, full disks, folders that cannot be written, and damage of every sort."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import filelock
import polars as pl
import pytest
from polars.exceptions import PanicException

from core.artifacts import MODELS, RESULTS, TEXT, Entry, Kind, read_frame, write_frame
from core.artifacts import manifest as manifests
from core.artifacts.cache import ArtifactCache
from core.artifacts.folder_tier import FolderTier
from core.artifacts.memory import Memory

ROOT = Path(__file__).resolve().parents[2]
FEW = Kind("few", "few things", 3, 2, "For tests.")
VALUE = (pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"]}), {"day": date(2026, 8, 14)}, b"bytes", "text")
PRELUDE = """
import os, signal, sys, time
from pathlib import Path
from core.artifacts import *
cache = open_cache(Path(sys.argv[1]))
"""


def start(home: Path, script: str) -> subprocess.Popen[str]:
    code = PRELUDE + textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=240)
    assert process.returncode == 0, error
    return out.strip()


def leftovers(tier: FolderTier) -> list[str]:
    return sorted(p.name for p in tier.root.rglob(".*") if p.name.startswith((".writing-", ".removing-")))


def fresh(tier: FolderTier) -> ArtifactCache:
    return ArtifactCache(FolderTier(tier.root), Memory())


def test_two_processes_make_it_once(tmp_path):
    script = """
        def make():
            with open(Path(sys.argv[1]) / "made", "a") as file:
                file.write("x")
            time.sleep(1)
            return os.getpid()
        print(cache.get(RESULTS, "key", make))
    """
    tmp_path.mkdir(exist_ok=True)
    first, second = start(tmp_path, script), start(tmp_path, script)
    assert finish(first) == finish(second)
    assert (tmp_path / "made").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("moment", ["make", "write", "swap"])
def test_a_kill_leaves_nothing_half_and_is_swept(tmp_path, moment):
    script = f"""
        from core.artifacts import folder_tier
        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)
        class Dies:
            def write(self, value, folder):
                (folder / "text.txt").write_text("half")
                if {moment!r} == "write":
                    die()
            def read(self, folder):
                return TEXT.read(folder)
        cache.put(RESULTS, "other", "there before", TEXT)
        if {moment!r} == "swap":
            cache.put(RESULTS, "key", "old", TEXT)
            folder_tier.shutil.rmtree = die
            cache.put(RESULTS, "key", "new", Dies())
        cache.get(RESULTS, "key", die if {moment!r} == "make" else lambda: "half", Dies())
    """
    process = start(tmp_path, script)
    process.communicate(timeout=240)
    assert process.returncode == -9
    tier = FolderTier(tmp_path / "artifacts")
    assert len(leftovers(tier)) == {"make": 0, "write": 1, "swap": 2}[moment]
    cache = fresh(tier)
    assert cache.get(RESULTS, "other", lambda: "made anew", TEXT) == "there before"
    assert cache.get(RESULTS, "key", lambda: "whole", TEXT) == "whole"
    cache.put(RESULTS, "third", "x", TEXT)
    assert leftovers(tier) == []
    assert cache.notices() == ()
    assert [entry.key for entry in cache.entries(RESULTS)] == ["other", "key", "third"]


def test_the_work_of_a_living_process_is_not_swept(tmp_path):
    script = """
        class Slow:
            def write(self, value, folder):
                (folder / "text.txt").write_text(value)
                print("writing", flush=True)
                time.sleep(2)
            def read(self, folder):
                return TEXT.read(folder)
        print(cache.get(RESULTS, "key", lambda: "whole", Slow()))
    """
    process = start(tmp_path, script)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    cache = fresh(FolderTier(tmp_path / "artifacts"))
    cache.put(RESULTS, "other", "x", TEXT)
    cache.prune(RESULTS)
    assert finish(process) == "whole"
    assert cache.read(RESULTS, "key", TEXT) == "whole"


@pytest.mark.parametrize("jump", [-10_000_000_000, 10_000_000_000, 0])
def test_a_clock_that_jumps_deletes_nothing_that_was_just_written(tier, jump):
    for number in range(8):
        fresh(tier).put(FEW, f"k{number}", number)
        for path in tier.root.rglob("*"):
            stamp = max(path.stat().st_mtime + (jump if number % 2 else -jump), 1)
            os.utime(path, (stamp, stamp))
        assert fresh(tier).read(FEW, f"k{number}") == number
    assert [entry.key for entry in tier.entries("few")] == ["k5", "k6", "k7"]


@pytest.mark.parametrize("content", [None, b"", b"0 0", b"7 12345", b"\xff\xfe", b"-3 1"])
def test_a_counter_that_is_gone_or_damaged_goes_on_from_the_highest_number(tier, content):
    for number in range(5):
        fresh(tier).put(FEW, f"k{number}", number)
    counter = tier.root / "few" / ".counter"
    counter.unlink() if content is None else counter.write_bytes(content)
    fresh(tier).put(FEW, "next", 1)
    assert [(entry.key, entry.number) for entry in tier.entries("few")] == [("k3", 4), ("k4", 5), ("next", 6)]


def damages(folder: Path):
    """Yield what may happen to each file of an artefact, as a name and a function."""
    dice = random.Random(7)
    for file in sorted(path.name for path in folder.iterdir()):
        size = (folder / file).stat().st_size
        for length in sorted({0, 1, size // 2, size - 1}):
            yield f"{file} cut to {length}", lambda f=file, n=length: os.truncate(folder / f, n)
        for _ in range(12):
            bit = dice.randrange(size * 8)
            yield f"bit {bit} of {file}", lambda f=file, b=bit: flip(folder / f, b)
        yield f"{file} gone", lambda f=file: (folder / f).unlink()
        yield f"{file} a folder", lambda f=file: ((folder / f).unlink(), (folder / f).mkdir())
        for text in (b"{}", b"null", b"[1]", b"\xff\xff", b"ARROW1"):
            yield f"{file} is {text!r}", lambda f=file, t=text: (folder / f).write_bytes(t)
    yield "empty folder", lambda: [path.unlink() for path in folder.iterdir()]
    yield "a file in its place", lambda: (shutil.rmtree(folder), folder.write_text("x"))


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_whatever_is_damaged_is_made_anew_with_a_notice(tier):
    fresh(tier).put(RESULTS, "key", VALUE)
    folder = tier.root / "results" / "key"
    backup = tier.root / "backup"
    shutil.copytree(folder, backup)
    silent = []
    for name, damage in list(damages(folder)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.unlink(missing_ok=True) if not folder.is_dir() else None
        shutil.copytree(backup, folder)
        damage()
        cache = fresh(tier)
        value = cache.get(RESULTS, "key", lambda: VALUE)
        assert value[0].equals(VALUE[0]), name
        assert value[1:] == VALUE[1:], name
        if not cache.notices():
            silent.append(name)
        assert fresh(tier).read(RESULTS, "key")[1:] == VALUE[1:], name
    # Only what says that nothing is there, or changes no value, goes without a word.
    assert all("a file in its place" in name or "of manifest.json" in name for name in silent)
    assert len(silent) < 5


def test_a_file_in_an_artefacts_place_is_replaced(tier):
    fresh(tier).put(RESULTS, "other", 1)
    (tier.root / "results" / "key").write_text("x", encoding="utf-8")
    assert fresh(tier).get(RESULTS, "key", lambda: 5) == 5
    assert fresh(tier).read(RESULTS, "key") == 5


def test_a_damaged_artefact_is_listed_and_goes_first(tier):
    for number in range(3):
        fresh(tier).put(FEW, f"k{number}", number)
    (tier.root / "few" / "k2" / "manifest.json").write_text("{}", encoding="utf-8")
    assert next((entry.key, entry.is_damaged) for entry in tier.entries("few")) == ("k2", True)
    fresh(tier).put(FEW, "k3", 3)
    assert [entry.key for entry in tier.entries("few")] == ["k0", "k1", "k3"]


def test_a_manifest_of_another_artefact_or_format_counts_as_damaged(tier, monkeypatch):
    fresh(tier).put(RESULTS, "key", 1)
    shutil.copytree(tier.root / "results" / "key", tier.root / "results" / "copy")
    assert fresh(tier).get(RESULTS, "copy", lambda: 2) == 2
    monkeypatch.setattr(manifests, "FORMAT", 2)
    assert fresh(tier).get(RESULTS, "key", lambda: 3) == 3


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full, so new results are not kept"),
        (OSError(errno.EDQUOT, "Quota"), "The disk is full"),
        (pl.exceptions.ComputeError("No space left on device (os error 28)"), "The disk is full"),
        (OSError(errno.EROFS, "Read-only"), "cannot be written to"),
        (PermissionError(errno.EACCES, "Denied"), "cannot be written to"),
        (PanicException("the engine broke"), "Something is wrong with"),
        (MemoryError(), "Something is wrong with"),
    ],
)
def test_what_cannot_be_written_becomes_a_notice_and_the_value_is_returned(tier, error, words):
    class Breaks:
        def write(self, value: str, folder: Path) -> None:
            TEXT.write(value, folder)
            raise error

        def read(self, folder: Path) -> str:
            return TEXT.read(folder)

    cache = fresh(tier)
    assert cache.get(RESULTS, "key", lambda: "value", Breaks()) == "value"
    assert cache.get(RESULTS, "other", lambda: "value", Breaks()) == "value"
    (notice,) = cache.notices()
    assert words in notice.sentence()
    assert "worked out again after the next start" in notice.sentence()
    assert leftovers(tier) == []
    assert tier.entries("results") == []
    cache.put(RESULTS, "key", "again", TEXT)
    assert cache.notices() == ()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_is_really_full(tier):
    class Full:
        def write(self, value: pl.DataFrame, folder: Path) -> None:
            write_frame(value, Path("/dev/full"))

        def read(self, folder: Path) -> pl.DataFrame:
            return read_frame(folder / "frame.arrow")

    cache = fresh(tier)
    frame = pl.DataFrame({"a": range(100_000)})
    assert cache.get(RESULTS, "key", lambda: frame, Full()) is frame
    assert cache.notices()[0].what.startswith("The disk is full")


def test_a_home_that_cannot_be_written_still_serves_what_is_there(tier, monkeypatch):
    fresh(tier).put(RESULTS, "there", 1)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    cache = fresh(tier)
    assert cache.get(RESULTS, "there", lambda: 2) == 1
    assert cache.notices() == ()
    assert cache.get(RESULTS, "new", lambda: 2) == 2
    assert ["cannot be written to" in notice.what for notice in cache.notices()] == [True]


def test_a_home_that_is_a_file(tmp_path):
    (tmp_path / "home").write_text("x", encoding="utf-8")
    cache = ArtifactCache(FolderTier(tmp_path / "home"), Memory())
    assert cache.get(MODELS, "key", lambda: 1) == 1
    assert cache.entries(MODELS) == []
    assert len(cache.notices()) == 1


def test_whatever_a_codec_raises_on_reading_makes_it_anew(tier):
    for error in (ValueError, KeyError, PanicException, MemoryError, RecursionError, pl.exceptions.ComputeError):

        class Breaks:
            def write(self, value: str, folder: Path) -> None:
                TEXT.write(value, folder)

            def read(self, folder: Path, error: type[BaseException] = error) -> str:
                raise error("broken")

        fresh(tier).put(RESULTS, "key", "old", TEXT)
        cache = fresh(tier)
        assert cache.get(RESULTS, "key", lambda: "new", Breaks()) == "new"
        assert cache.notices()[0].what.startswith("Some results kept on disk could not be read")


def test_an_interrupted_reader_is_not_taken_for_damage(tier):
    class Interrupted:
        def write(self, value: str, folder: Path) -> None:
            TEXT.write(value, folder)

        def read(self, folder: Path) -> str:
            raise KeyboardInterrupt

    fresh(tier).put(RESULTS, "key", "old", TEXT)
    cache = fresh(tier)
    with pytest.raises(KeyboardInterrupt):
        cache.get(RESULTS, "key", lambda: "new", Interrupted())
    assert cache.notices() == ()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden", "a" * 129, "ä"])
def test_names_that_are_no_file_names_are_refused(tier, name):
    with pytest.raises(ValueError, match="cannot be a name"), tier.read("results", name):
        pass


def test_locks_do_not_gather(tier):
    cache = fresh(tier)
    for number in range(10):
        cache.put(FEW, f"k{number}", number)
    assert len(list((tier.root / "few" / ".locks").glob("*.lock"))) == 3


def test_an_artefact_somebody_is_at_is_not_deleted(tier):
    fresh(tier).put(FEW, "a", 1)
    with tier.lock("few", "a"):
        assert not FolderTier(tier.root).delete("few", "a")
        for name in "bcd":
            fresh(tier).put(FEW, name, 1)
    assert [entry.key for entry in tier.entries("few")] == ["a", "b", "c", "d"]
    fresh(tier).put(FEW, "e", 1)
    assert [entry.key for entry in tier.entries("few")] == ["c", "d", "e"]


def test_the_stamp_is_the_file_systems_own(tier):
    before = datetime.now(UTC).timestamp()
    fresh(tier).put(RESULTS, "key", 1)
    (entry,) = tier.entries("results")
    assert isinstance(entry, Entry)
    assert abs(datetime.fromisoformat(entry.written_at).timestamp() - before) < 60


LATER = Kind("later", "things read later", 2, 2, "For tests.", is_read_later=True)


def test_what_another_process_still_reads_from_is_not_deleted(tmp_path):
    held = start(
        tmp_path,
        """
        kind = Kind("later", "things read later", 2, 2, "For tests.", is_read_later=True)
        cache.put(kind, "first", "value")
        open_cache(Path(sys.argv[1])).forget(kind)
        assert cache.read(kind, "first") == "value"
        print("reads", flush=True)
        time.sleep(60)
        """,
    )
    try:
        assert held.stdout.readline().strip() == "reads"
        cache = ArtifactCache(FolderTier(tmp_path / "artifacts"), Memory())
        for name in ("second", "third", "fourth"):
            cache.put(LATER, name, name)
        assert {entry.key for entry in cache.entries(LATER)} >= {"first", "fourth"}
        assert cache.prune(LATER) != []
        assert [entry.key for entry in cache.entries(LATER)] == ["first"]
    finally:
        held.kill()
        held.communicate()
    assert [entry.key for entry in cache.prune(LATER)] == ["first"]
    assert not list((tmp_path / "artifacts" / "later" / ".locks").glob("*.use"))


def test_a_process_lets_go_of_all_but_the_last_it_read(tmp_path):
    reader, other = (ArtifactCache(FolderTier(tmp_path / "artifacts"), Memory()) for _ in range(2))
    for name in ("a", "b", "c"):
        other.put(LATER, name, name)
        assert reader.read(LATER, name) == name
    reader.forget(LATER)
    assert reader.read(LATER, "b") == "b"
    assert [entry.key for entry in other.prune(LATER)] == ["a"]
    assert {entry.key for entry in reader.prune(LATER)} == {"b", "c"}
