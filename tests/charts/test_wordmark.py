"""A name as a picture holds outlines alone, whatever letters it has."""

from __future__ import annotations

import re

import pytest

from core.charts.wordmark import wordmark


@pytest.mark.parametrize("name", ["Acme", "Čapek & <Söhne>", "日本 🚀", "i"])
def test_a_name_becomes_outlines_and_nothing_else(name):
    picture = wordmark(name, "#7a1f5c")
    assert re.fullmatch(r'<svg [^<>]*><path fill="#7a1f5c" d="[MLHVQCTSZ0-9., -]+"/></svg>', picture)
    assert int(re.search(r'width="(\d+)"', picture)[1]) >= 32


def test_a_longer_name_is_a_wider_picture():
    wide = [int(re.search(r'width="(\d+)"', wordmark("A" * n, "#000000"))[1]) for n in (4, 8, 40)]
    assert wide == sorted(set(wide))
