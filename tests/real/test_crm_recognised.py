"""A real CRM export read without a map: the same counts and amounts as SQL on the raw files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from core.config import load
from core.sources import check

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "crm_sales_opportunities"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="The public CRM data is not beside the project."),
]


@pytest.fixture(scope="module")
def answer():
    return check.run(FOLDER, None, load(environ={}))


def rows(query):
    with duckdb.connect() as connection:
        for name in ("sales_pipeline", "accounts", "products"):
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_csv('{FOLDER / name}.csv')")
        return connection.execute(query).fetchall()


def test_counts_and_amounts_are_those_of_the_file(answer):
    query = """SELECT count(*), count(*) FILTER (deal_stage = 'Won'), sum(close_value) FILTER (deal_stage = 'Won'),
      count(*) FILTER (deal_stage = 'Lost'), count(*) FILTER (deal_stage NOT IN ('Won', 'Lost')) FROM sales_pipeline"""
    names = ("n_deals", "won_n", "won_amount", "lost_n", "open_n")
    assert tuple(answer.figures[n] for n in names) == rows(query)[0]
    assert answer.refusal == ""


def test_quarters_are_those_of_the_file(answer):
    query = """SELECT date_trunc('quarter', close_date)::VARCHAR, sum(close_value), count(*) FROM sales_pipeline
      WHERE deal_stage = 'Won' GROUP BY 1 ORDER BY 1"""
    listed = [(q["start"], q["won_amount"], q["won_n"]) for q in answer.figures["quarters"]]
    assert listed == [(day[:10], float(amount), n) for day, amount, n in rows(query)]


def test_accounts_and_products_are_linked_in_spite_of_their_spelling(answer):
    matched = rows("SELECT count(*) FROM sales_pipeline JOIN accounts USING (account)")[0][0]
    assert answer.figures["accounts_matched"] == matched
    data = answer.reading.dataset
    assert data.opportunities.join(data.products, on="product_id", how="anti").is_empty()


def test_what_the_file_lacks_is_told(answer):
    notes = " ".join(answer.figures["notes"])
    bare, undated = rows("""SELECT count(*) FILTER (close_value IS NULL), count(*) FILTER (engage_date IS NULL)
      FROM sales_pipeline WHERE deal_stage NOT IN ('Won', 'Lost')""")[0]
    assert f"{bare:,} of {bare:,} open deals have no amount" in notes
    assert f"{undated:,} deals have no creation date" in notes
    assert "data_dictionary.csv was not read" in notes
