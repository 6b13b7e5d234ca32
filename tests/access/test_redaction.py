"""Names in what people wrote, and lists under their buyers' invented names."""

from __future__ import annotations

import polars as pl
import pytest

from core.access import LOCAL, hidden_lists, masking, redaction
from core.access.redaction import Redaction
from core.access.saved_content import Reader, list_texts, lists, scenario_name, worked_rows
from core.store.repositories import Saved

NAMES = Redaction(
    ids={"O1": "D-0123456789ab", "R1": "P-0123456789ab"},
    buyers={"O1": ("Contoso Freight Ltd", "Vega Group")},
    names={"contoso freight ltd": "Vega Group", "ada holm": "Mara Thorne", "ab": "Xx"},
)


@pytest.fixture(scope="module")
def hidden(small, small_settings):
    return masking.mask(small, small_settings)


def entry(number, name, deal, text="", sheet="Sheet"):
    rows = [[sheet, 3, "R1", text, "functional", "high", None, 0.9]]
    payload = {"opportunity_id": deal, "rows": rows, "summary": {"opportunity": text}, "file_key": "k", "other": name}
    return Saved(number, "everybody", name, payload, 1, None)


def test_whole_names_are_replaced_whatever_their_case():
    text = "CONTOSO FREIGHT LTD and Contoso Freight Ltds; Ada Holm, ab."
    assert NAMES.text(text) == "Vega Group and Contoso Freight Ltds; Mara Thorne, ab."
    assert NAMES.texts([None, "", "plain"]) == [None, "", "plain"]
    assert Redaction().text("Ada Holm") == "Ada Holm"


def test_the_buyer_is_also_meant_by_a_word_of_the_name():
    words = NAMES.list_words("Contoso RFP 2026 Requirements", "O1")
    assert set(words) == {"Contoso Freight Ltd", "Contoso Freight", "Contoso"}
    assert NAMES.text("Contoso's depot", words) == "Vega Group's depot"
    assert NAMES.list_words("Fabrikam questionnaire", None) == {"Fabrikam": redaction.BUYER}


def test_what_json_holds_and_addresses_are_replaced_throughout():
    content = {"deal": "O1", "rows": [["Ada Holm", 3, None]], "n": 1.5}
    assert NAMES.values(content) == {"deal": "D-0123456789ab", "rows": [["Mara Thorne", 3, None]], "n": 1.5}
    assert NAMES.address("deal_won:deal:O1, R1") == "deal_won:deal:D-0123456789ab, P-0123456789ab"


def test_nothing_is_replaced_where_names_are_shown(small):
    assert redaction.of(small) == Redaction()


def test_an_address_leads_back_to_the_true_ids(small, small_settings, hidden):
    for entity, column in (("accounts", "account_id"), ("opportunities", "opportunity_id"), ("sales_team", "rep_id")):
        true, shown = small.frame(entity)[column][3], hidden.frame(entity)[column][3]
        assert redaction.of(hidden).address(f"x:{true}") == f"x:{shown}"
        assert masking.plain_text(f"x:{shown}", small, small_settings) == f"x:{true}"
    assert masking.plain_text("EMEA", small, small_settings) == "EMEA"


def test_lists_are_called_by_their_buyers_invented_names(small, hidden):
    deal = small.opportunities.row(0, named=True)
    name = dict(small.accounts.select("account_id", "account_name").iter_rows())[deal["account_id"]]
    saved = [entry(2, "Second", deal["opportunity_id"]), entry(1, f"{name} RFP", deal["opportunity_id"], f"For {name}")]
    saved.append(entry(3, "Zebra tender", None, "Zebra wants it", sheet="Zebra"))
    out = lists(Reader.of(LOCAL, hidden), saved)
    assert [shown.id for shown in out] == [2, 1, 3]
    titles = [shown.name for shown in out]
    assert len(set(titles)) == 3
    assert titles[1].startswith("RFP of ")
    assert titles[2] == "Requirement list 3"
    assert name not in str(out)
    assert "Zebra" not in str(out[2])
    assert [shown.payload[hidden_lists.SHEETS_HIDDEN] for shown in out] == [False, False, True]
    assert out[0].payload["opportunity_id"] == hidden.opportunities["opportunity_id"][0]
    assert out[2].payload["opportunity_id"] is None
    assert lists(Reader.of(LOCAL, small), saved) == saved


def test_work_on_a_list_names_colleagues_no_more(small, hidden):
    frame = pl.DataFrame({"sheet": ["A"], "owner": ["bo@example.com"], "changed_by": ["local"], "answer": ["Zebra"]})
    saved = entry(3, "Zebra tender", None)
    shown = worked_rows(Reader.of(LOCAL, hidden), saved, frame)
    assert shown.row(0) == ("A", "A colleague", "local", redaction.BUYER)
    assert worked_rows(Reader.of(LOCAL, small), saved, frame) is frame
    assert list_texts(Reader.of(LOCAL, small), saved, frame) is frame


def test_scenarios_are_called_by_number(small, hidden):
    assert scenario_name(Reader.of(LOCAL, hidden), 7, "If Zebra leaves") == "Scenario 7"
    assert scenario_name(Reader.of(LOCAL, small), 7, "If Zebra leaves") == "If Zebra leaves"


def test_invented_names_are_none_of_the_data(small, small_settings):
    once = masking.mask(small, small_settings)
    same = once.accounts.select("account_name")
    renamed = small.accounts.with_columns(same)
    twice = masking.mask(small.with_frames(accounts=renamed), small_settings)
    real = {name.lower() for name in renamed["account_name"]} | {name.lower() for name in small.sales_team["rep_name"]}
    invented = [*twice.accounts["account_name"], *twice.sales_team["rep_name"]]
    assert not [name for name in invented if name.lower() in real]
    assert twice.accounts["account_name"].n_unique() == small.accounts.height


@pytest.mark.parametrize(("ruled", "wanted", "expected"), [(False, "rounded", "rounded"), (True, "rounded", "scaled")])
def test_settings_decide_about_money_before_a_person(small_settings, ruled, wanted, expected):
    access = small_settings.access.model_copy(update={"mask_amounts": ruled})
    assert masking.amounts_of(small_settings.model_copy(update={"access": access}), wanted) == expected


def test_rounded_amounts_keep_two_digits(small, small_settings):
    shown = masking.mask(small, small_settings, masking.ROUNDED)
    amounts = shown.opportunities["amount"].drop_nulls()
    assert (amounts == amounts.round_sig_figs(2)).all()
    assert shown.frame("transactions")["amount"].sum() == pytest.approx(
        small.frame("transactions")["amount"].sum(), rel=0.02
    )


def test_free_text_that_names_somebody_is_hidden_though_it_says_little(small, small_settings):
    name = small.sales_team["rep_name"][0]
    kinds = pl.Series(["Call " + name, "Send offer"] * small.opportunities.height)[: small.opportunities.height]
    shown = masking.mask(
        small.with_frames(opportunities=small.opportunities.with_columns(next_step=kinds)), small_settings
    )
    assert set(shown.opportunities["next_step"]) == {"Hidden", "Send offer"}
