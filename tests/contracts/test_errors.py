from __future__ import annotations

import pytest

from core.contracts.errors import QuarterdeckError, SourceError, closest


def test_error_reads_as_one_line_with_place_and_mend():
    error = SourceError("The file is empty.", "deals.csv", "Export it again.")
    assert str(error) == "The file is empty (deals.csv). Export it again."
    assert isinstance(error, QuarterdeckError)


def test_error_without_place_or_mend_is_just_the_sentence():
    assert str(SourceError("The file is empty.")) == "The file is empty."


@pytest.mark.parametrize(
    ("written", "found"),
    [("Acount ID", "account_id"), ("ammount", "amount"), ("close-on", "close_on"), ("zzz", None)],
)
def test_closest_finds_the_name_that_was_meant(written, found):
    assert closest(written, ["account_id", "amount", "close_on"]) == found
