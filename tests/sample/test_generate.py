from __future__ import annotations

import polars as pl
import pytest

from core.contracts import SCHEMAS
from core.contracts.errors import SourceError
from core.sample import AS_OF, generate
from core.sources import loading, read_folder
from tests import default_company

sample, settings = default_company.sample, default_company.settings


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "sample"
    generate(folder, accounts=60, transactions=3_000, seed=3)
    return folder


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_frame_holds_its_contract(sample, name):
    SCHEMAS[name].validate(sample.frame(name).select(SCHEMAS[name].column_names()))


def test_default_sizes(sample):
    counts = sample.row_counts
    assert counts["accounts"] == 1_203
    assert counts["opportunities"] == pytest.approx(9_000, rel=0.1)
    assert counts["transactions"] == pytest.approx(120_000, rel=0.1)
    assert counts["activities"] == pytest.approx(250_000, rel=0.02)
    assert sample.as_of == AS_OF
    assert sample.rejected.is_empty()


def test_same_seed_same_company_and_another_seed_another(small, tmp_path):
    generate(tmp_path / "again", accounts=60, transactions=3_000, seed=3)
    generate(tmp_path / "other", accounts=60, transactions=3_000, seed=4)
    assert read_folder(small).fingerprint == read_folder(tmp_path / "again").fingerprint
    assert read_folder(small).fingerprint != read_folder(tmp_path / "other").fingerprint


def test_csv_holds_the_same_rows_as_parquet(small, tmp_path):
    generate(tmp_path / "csv", accounts=60, transactions=3_000, seed=3, fmt="csv")
    as_text = read_folder(tmp_path / "csv")
    assert as_text.rejected.is_empty()
    assert as_text.row_counts == read_folder(small).row_counts
    assert as_text.transactions["amount"].sum() == pytest.approx(read_folder(small).transactions["amount"].sum())


def test_history_has_neither_gaps_nor_overlaps_and_ends_where_the_deal_stands(sample):
    spans = sample.frame("opportunity_history").sort("opportunity_id", "valid_from")
    following = spans.with_columns(following=pl.col("valid_from").shift(-1).over("opportunity_id"))
    assert following.filter(pl.col("valid_to").ne_missing(pl.col("following"))).is_empty()
    last = spans.group_by("opportunity_id").last().join(sample.opportunities, on="opportunity_id")
    assert last.height == sample.opportunities.height
    assert last.filter(pl.col("stage") != pl.col("stage_right")).is_empty()
    assert last.filter(pl.col("amount").ne_missing(pl.col("amount_right"))).is_empty()


def test_nothing_lies_after_the_as_of_date(sample):
    assert sample.frame("transactions")["booked_on"].max() <= AS_OF
    assert sample.frame("activities")["occurred_at"].dt.date().max() <= AS_OF
    assert sample.frame("opportunity_history")["valid_from"].max() <= AS_OF
    assert sample.opportunities.filter("is_closed")["close_on"].max() <= AS_OF


def test_the_quarter_ends_with_a_rush(sample):
    won = sample.opportunities.filter("is_won")
    by_place = won.group_by(place=(pl.col("close_on").dt.month() - 1) % 3).agg(pl.col("amount").sum()).sort("place")
    first, _, last = by_place["amount"]
    assert last > 1.5 * first


def test_the_defects_of_a_real_crm_are_there(sample):
    deals = sample.opportunities
    assert deals.filter("is_closed", pl.col("created_on") == pl.col("close_on")).height >= 30
    assert deals.filter(~pl.col("is_closed"), pl.col("amount").is_null()).height >= 20
    assert deals.filter(~pl.col("is_closed"), pl.col("close_on") < AS_OF).height >= 10
    assert sample.accounts["account_name"].str.ends_with(" Inc.").sum() == 3


def test_the_lost_battle_shows_in_one_region(sample):
    deals = sample.opportunities.join(sample.accounts, on="account_id").filter("is_closed", competitor="Northbeam")
    late = deals.filter(pl.col("created_on") > pl.date(2024, 9, 1))
    rates = dict(late.group_by("region").agg(pl.col("is_won").mean()).iter_rows())
    assert rates["EMEA"] < 0.7 * rates["AMER"]  # 25 % to 39 %


def test_mail_and_calls_do_not_tell_how_long_a_deal_will_live(sample):
    """In a deal's first month there are as many of them whether it ends soon or late."""
    deals = sample.opportunities.filter("is_closed").select(
        "opportunity_id", "created_on", days=(pl.col("close_on") - pl.col("created_on")).dt.total_days()
    )
    said = sample.frame("activities").filter(pl.col("kind").is_in(["mail", "call"])).join(deals, on="opportunity_id")
    early = said.filter((pl.col("occurred_at").dt.date() - pl.col("created_on")).dt.total_days() < 30)
    n = deals.join(early.group_by("opportunity_id").len(), on="opportunity_id", how="left").with_columns(
        pl.col("len").fill_null(0)
    )
    soon, late = (n.filter(pl.col("days").is_between(low, high))["len"].mean() for low, high in ((30, 90), (180, 720)))
    assert soon == pytest.approx(late, rel=0.1)


def test_truth_separates_won_from_other_deals(sample, settings):
    truth = pl.read_parquet(loading.sample_files(settings)["truth/opportunity_truth.parquet"])
    first = truth.filter(pl.col("as_of") == pl.col("as_of").min())
    ended = first.join(sample.opportunities, on="opportunity_id")
    day = pl.col("as_of") + pl.duration(days=91)
    ended = ended.with_columns(hit=pl.col("is_won") & (pl.col("close_on") <= day))
    assert ended["p_win_90"].mean() == pytest.approx(ended["hit"].mean(), abs=0.06)
    assert ended.filter("hit")["p_win_90"].mean() > ended.filter(~pl.col("hit"))["p_win_90"].mean() + 0.15


@pytest.mark.parametrize("wrong", [{"accounts": 0}, {"transactions": 0}, {"fmt": "xml"}])
def test_wrong_sizes_are_told(tmp_path, wrong):
    with pytest.raises(SourceError):
        generate(tmp_path / "x", **wrong)
