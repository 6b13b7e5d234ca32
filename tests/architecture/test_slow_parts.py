"""The slow parts cover files that are there, and one that has changed is run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import slow, slow_state


def test_every_slow_test_belongs_to_one_part():
    mark = "pytest.mark." + "slow"
    files = sorted(
        path.relative_to(slow.ROOT).as_posix()
        for path in (slow.ROOT / "tests").rglob("test_*.py")
        if mark in path.read_text(encoding="utf-8")
    )
    assert sorted(test for tests, _ in slow.PARTS.values() for test in tests) == files


def test_every_part_covers_files_that_are_there():
    assert set(slow.hashes()) == set(slow.PARTS)
    with pytest.raises(FileNotFoundError):
        slow.digest(["no/such/path"])


def test_a_hash_follows_names_and_contents_and_no_caches(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.py").write_text("1")
    first = slow.digest(["a"], tmp_path)
    (tmp_path / "a" / "__pycache__").mkdir()
    (tmp_path / "a" / "__pycache__" / "one.pyc").write_text("x")
    assert slow.digest(["a"], tmp_path) == first
    (tmp_path / "a" / "one.py").rename(tmp_path / "a" / "two.py")
    second = slow.digest(["a"], tmp_path)
    (tmp_path / "a" / "two.py").write_text("2")
    assert len({first, second, slow.digest(["a"], tmp_path)}) == 3


def test_a_hash_is_that_of_the_files_git_tracks_and_the_same_in_every_clone(tmp_path):
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    (origin / "a").mkdir(parents=True)
    (origin / "a" / "one.py").write_text("1")

    def git(*words, folder=origin):
        who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)

    without = slow.digest(["a"], origin)
    git("init", "-q")
    git("add", "a")
    git("commit", "-q", "-m", "x")
    git("clone", "-q", origin, clone, folder=tmp_path)
    for stray in ("a/left.log", "a/__pycache__/one.pyc", "b/left.py"):
        (origin / stray).parent.mkdir(exist_ok=True)
        (origin / stray).write_text("x")
    assert slow.digest(["a"], origin) == slow.digest(["a"], clone) == without
    with pytest.raises(FileNotFoundError):
        slow.digest(["b"], origin)
    (clone / "a" / "one.py").write_text("2")
    assert slow.digest(["a"], clone) != without


@pytest.fixture
def outcomes(monkeypatch, tmp_path):
    """What pytest would return for each part, and in `ran` which parts were run; the files are not read again."""
    fixed, now = dict.fromkeys(slow.PARTS, 0), {part: f"now-{part}" for part in slow.PARTS}
    covered = {(*tests, *paths): part for part, (tests, paths) in slow.PARTS.items()}
    state = type("Outcomes", (), {"codes": fixed, "ran": [], "skips": {}, "seconds": []})

    def fake(command, seconds):
        part = next(p for p, (tests, _) in slow.PARTS.items() if tests[-1] == command[-1])
        state.ran.append(part)
        tags = "".join(f'<testcase><skipped message="{reason}"/></testcase>' for reason in state.skips.get(part, ()))
        report = next(word for word in command if word.startswith("--junitxml="))
        Path(report.removeprefix("--junitxml=")).write_text(f"<testsuites><testsuite>{tags}</testsuite></testsuites>")
        state.seconds.append(seconds)
        return fixed[part]

    monkeypatch.setattr(slow_state, "STATE", tmp_path / "slow.state")
    monkeypatch.setattr(slow, "exit_code", fake)
    monkeypatch.setattr(slow, "hashes", lambda: dict(now))
    monkeypatch.setattr(slow, "digest", lambda paths: now[covered[paths]])
    return state


def test_what_passed_is_written_down_and_only_what_changed_is_run(outcomes):
    outcomes.codes["versions"] = 1
    assert slow.main([]) == 1
    assert set(slow_state.passed()) == set(slow.PARTS) - {"versions"}
    outcomes.ran.clear()
    assert slow.main(["--changed"]) == 1
    assert outcomes.ran == ["versions"]
    outcomes.codes["versions"] = 0
    assert slow.main(["--changed"]) == 0
    outcomes.ran.clear()
    assert slow.main(["--changed"]) == 0
    assert outcomes.ran == []
    assert slow.main(["wheel", "versions"]) == 0
    assert outcomes.ran == ["wheel", "versions"]
    with pytest.raises(SystemExit, match="no part called whel"):
        slow.main(["whel"])


def test_a_part_that_failed_or_was_left_out_hides_no_other_and_has_not_passed(outcomes, capsys):
    outcomes.codes["wheel"] = 2
    outcomes.skips["image"] = ["buildah is not installed", "buildah is not installed"]
    assert slow.main([]) == 1
    assert outcomes.ran == list(slow.PARTS)
    assert set(slow_state.passed()) == set(slow.PARTS) - {"wheel", "image"}
    printed = capsys.readouterr().out
    assert "image: left out in 0.0 minutes. buildah is not installed\n" in printed
    assert printed.endswith("left out: image\nFAILED: wheel\n")


def test_a_push_runs_what_has_changed_and_fits_into_its_minutes(outcomes, capsys):
    for part, minutes in {"wheel": 3.0, "api": 2.0, "attack": 6.0, "engines": 4.0, "proofs": 1.0}.items():
        slow_state.write_down(part, slow_state.Record("of-before", minutes))
    others = sorted(set(slow.PARTS) - set(slow_state.passed()) - slow.WEEKLY)
    assert slow.main(["--changed", "--minutes=10"]) == 0
    assert outcomes.ran == ["api", "wheel", "engines"]
    left = capsys.readouterr().err.splitlines()[0]
    assert left == f"Changed, and left to `make test-slow`: {', '.join([*others, 'attack', *sorted(slow.WEEKLY)])}."
    assert set(slow.PARTS) > slow.WEEKLY


def test_a_push_ends_in_time_where_parts_are_slower_than_they_were_and_none_of_them_has_failed(outcomes, capsys):
    for part in ("wheel", "api", "engines"):
        slow_state.write_down(part, slow_state.Record("of-before", 3.0))
    outcomes.codes["engines"] = None
    assert slow.main(["--changed", "--minutes=10", "--list"]) == 0
    assert capsys.readouterr().out.split() == ["api", "engines", "wheel"]
    assert outcomes.ran == []
    assert slow.main(["--changed", "--minutes=10"]) == 0
    assert all(0 < seconds <= 600 for seconds in outcomes.seconds)
    assert slow_state.passed()["engines"].digest == "of-before"
    assert capsys.readouterr().out.endswith("not finished: engines\n")
    assert slow.run(["wheel"], 0.0) == 0
    assert outcomes.ran.count("wheel") == 1


def test_tests_that_are_interrupted_end_what_they_started(tmp_path):
    code = "import pathlib, sys, time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n"
    code += "    pathlib.Path(sys.argv[1]).write_text('ended')"
    assert slow.exit_code([sys.executable, "-S", "-c", code, str(tmp_path / "end")], 3.0) is None
    assert (tmp_path / "end").read_text() == "ended"
    assert slow.exit_code([sys.executable, "-S", "-c", "raise SystemExit(3)"]) == 3
