"""`quarterdeck doctor` finds what is damaged and whether anything can be kept; it changes nothing."""

from __future__ import annotations

import errno
from contextlib import contextmanager

from core.artifacts import CHARTS, MODELS, RESULTS, ArtifactCache, Memory, Notice, combined
from core.artifacts.integrity import examine
from core.artifacts.kinds import KINDS
from core.artifacts.notices import unwritable


def test_what_is_whole_has_no_notice_and_no_trace(any_tier):
    cache = ArtifactCache(any_tier, Memory())
    cache.put(RESULTS, "a", "x")
    assert examine(cache) == ()
    assert [entry.key for entry in cache.entries(RESULTS)] == ["a"]


def test_a_file_that_was_changed_is_found_by_its_checksum(cache):
    for key in ("a", "b", "c"):
        cache.put(CHARTS, key, "xyz")
    for key in ("a", "b"):
        (cache.tier.root / "charts" / key / "value.json").write_text('"xyZ"', encoding="utf-8")
    assert [notice.sentence() for notice in examine(cache)] == [
        "2 of the charts kept on disk are damaged, and made anew when needed."
    ]


def test_a_full_disk_is_told(cache, monkeypatch):
    @contextmanager
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    monkeypatch.setattr(cache.tier, "write", full)
    (notice,) = examine(cache)
    assert notice.what.startswith("The disk is full")


def test_one_cause_is_told_once_for_all_it_concerns():
    error = OSError(errno.ENOSPC, "No space left on device")
    notices = [unwritable(kind, "here", error) for kind in (RESULTS, CHARTS, MODELS)]
    other = Notice("charts", "Some charts could not be read.")
    assert combined([*notices, other, notices[0]]) == [
        "The disk is full, so new results, charts and models are not kept: they are worked out again after the next "
        "start. Free some space where here lies.",
        "Some charts could not be read.",
    ]
    assert combined(notices[:1]) == [notices[0].sentence()]
    assert combined([]) == []


def test_every_kind_can_be_told_of():
    error = OSError(errno.EACCES, "Permission denied")
    for kind in KINDS.values():
        assert kind.title in combined([unwritable(kind, "home", error)])[0]
