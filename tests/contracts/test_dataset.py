from __future__ import annotations

from datetime import date

import dataframely as dy
import polars as pl
import pytest

from core import contracts
from core.contracts import SCHEMAS, Dataset
from core.contracts.errors import ContractError


def company(**frames: pl.DataFrame) -> Dataset:
    base = {name: contracts.empty(name) for name in SCHEMAS}
    return Dataset(**{**base, **frames}, as_of=date(2026, 5, 20), source="test", rejected=contracts.empty("rejections"))


def accounts(*ids: str) -> pl.DataFrame:
    rows = [{"account_id": i, "account_name": i.upper()} for i in ids]
    return pl.concat([contracts.empty("accounts"), pl.DataFrame(rows)], how="diagonal")


def deals(*pairs: tuple[str, str]) -> pl.DataFrame:
    rows = [
        {
            "opportunity_id": i,
            "account_id": a,
            "opportunity_type": "new",
            "stage": "Discovery",
            "currency": "USD",
            "is_closed": False,
            "is_won": False,
            "owner_id": f"R{a}",
        }
        for i, a in pairs
    ]
    return pl.concat([contracts.empty("opportunities"), pl.DataFrame(rows)], how="diagonal")


@pytest.mark.parametrize("name", SCHEMAS)
def test_empty_frames_hold_their_contract(name):
    SCHEMAS[name].validate(contracts.empty(name))


def test_fingerprint_is_stable_and_moves_with_any_row():
    one, same, other = company(accounts=accounts("a")), company(accounts=accounts("a")), company()
    assert one.fingerprint == same.fingerprint
    assert one.fingerprint != other.fingerprint


def test_fingerprint_known_beforehand_is_dropped_once_a_frame_changes():
    data = Dataset(**{**company().__dict__, "known_fingerprint": "kept"})
    assert data.fingerprint == "kept"
    assert data.with_frames(accounts=accounts("a")).fingerprint != "kept"


def test_unknown_entity_names_the_closest():
    with pytest.raises(ContractError, match="opportunities"):
        company().frame("oportunities")


def test_row_counts_and_has():
    data = company(accounts=accounts("a", "b"))
    assert data.row_counts["accounts"] == 2
    assert data.has("accounts")
    assert not data.has("activities")


def test_a_won_deal_that_is_open_breaks_the_contract():
    wrong = deals(("1", "a")).with_columns(is_won=pl.lit(True))
    with pytest.raises(dy.exc.ValidationError):
        SCHEMAS["opportunities"].validate(wrong)


def test_a_part_and_hidden_names_know_the_company(sample, settings):
    from core.access import view

    part, hidden = view(sample, settings, ("EMEA",)), view(sample, settings, is_masked=True)
    both = view(sample, settings, ("EMEA",), is_masked=True)
    assert sample.company is sample
    assert part.company is hidden.company is both.company is sample
    assert [data.is_masked for data in (sample, part, hidden, both)] == [False, False, True, True]
