"""The slow parts cover files that are there, and one that has changed is run again."""

from __future__ import annotations

import pytest

from tools import slow


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


def test_what_passed_is_written_down_and_only_what_changed_is_run(monkeypatch, tmp_path):
    monkeypatch.setattr(slow, "STATE", tmp_path / "slow.state")
    outcomes = dict.fromkeys(slow.PARTS, 0) | {"versions": 1}
    ran = []

    def fake(command, **_):
        part = next(p for p, (tests, _) in slow.PARTS.items() if tests[-1] == command[-1])
        ran.append(part)
        return type("Done", (), {"returncode": outcomes[part]})

    monkeypatch.setattr(slow.subprocess, "run", fake)
    assert slow.main([]) == 1
    assert set(slow.passed()) == set(slow.PARTS) - {"versions"}
    ran.clear()
    assert slow.main(["--changed"]) == 1
    assert ran == ["versions"]
    outcomes["versions"] = 0
    assert slow.main(["--changed"]) == 0
    ran.clear()
    assert slow.main(["--changed"]) == 0
    assert ran == []
    assert slow.main(["wheel", "versions"]) == 0
    assert ran == ["wheel", "versions"]
    with pytest.raises(SystemExit, match="no part called whel"):
        slow.main(["whel"])


@pytest.mark.parametrize(("n_skipped", "is_left_out"), [(2, True), (1, False)])
def test_a_part_of_which_nothing_ran_has_not_passed(tmp_path, n_skipped, is_left_out):
    report = tmp_path / "report.xml"
    assert not slow.is_left_out(report)
    report.write_text(f'<testsuites><testsuite tests="2" skipped="{n_skipped}"/></testsuites>')
    assert slow.is_left_out(report) == is_left_out
