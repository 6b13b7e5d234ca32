"""Headline figures of the sample company of two other seeds, against what its rows add up to."""

from __future__ import annotations

import pytest

from core.sample import generate
from core.sources import read_folder
from tests.oracles import headlines_from_rows
from tests.oracles.random_company import DEFAULTS


@pytest.fixture(scope="module", params=[23, 24])
def other(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other") / "sample"
    return read_folder(generate(folder, accounts=60, transactions=3_000, seed=request.param), None, DEFAULTS)


def test_headlines_of_another_seed_are_what_the_rows_add_up_to(other):
    figures = headlines_from_rows.worked_out(other, DEFAULTS)
    assert [name for name, figure in figures.items() if not figure] == []
    assert headlines_from_rows.shown(other, DEFAULTS) == figures
