"""Sample companies of every industry have words, catalogue, lists and updates that fit together; figures are alike."""

from __future__ import annotations

import re

import polars as pl
import pytest
import yaml

from core.config import load
from core.contracts.errors import ConfigError
from core.enablement import updates
from core.enablement.rules import rules
from core.requirements.catalogue import capabilities
from core.requirements.judge.gap_analysis import read_list
from core.requirements.text.classification import CATEGORIES
from core.requirements.work import sample_lists
from core.resources import SOFTWARE, industries, industry_file
from core.sample import generate
from core.sample.word_lists import vocabulary
from core.sources import loading


@pytest.fixture
def settings_of(tmp_path, monkeypatch):
    def chosen(**demo):
        path = tmp_path / "quarterdeck.yaml"
        path.write_text(yaml.safe_dump({"home": str(tmp_path / "home"), "demo": demo}), encoding="utf-8")
        monkeypatch.setenv("QUARTERDECK_CONFIG", str(path))
        return load()

    return chosen


@pytest.mark.parametrize("industry", industries())
def test_words_catalogue_lists_and_updates_fit_together(settings_of, industry):
    settings_of(industry=industry)
    words, usual = vocabulary(industry), vocabulary()
    assert (len(words.products), len(words.competitors)) == (10, 4)
    assert [len(ends) for ends in words.industries.values()] == [len(ends) for ends in usual.industries.values()]
    frame = capabilities.load().frame
    assert set(frame["category"]) == set(CATEGORIES)
    assert frame.filter(pl.col("status") == "available").height > frame.height / 2
    worded = yaml.safe_load(industry_file(industry, "buyer_wordings.yaml").read_text(encoding="utf-8"))
    assert len(set(worded) & set(frame["capability_id"])) == len(worded) > 40
    assert set(updates.load()["capability_id"]) <= set(frame["capability_id"])
    assert all(read_list(path).frame.height > 10 for path in sample_lists.lists().values())


def test_no_industry_borrows_words_of_another():
    companies = [vocabulary(industry) for industry in industries()]
    names = [name for words in companies for name in (*words.competitors, *(row[0] for row in words.products))]
    assert len(set(names)) == len(names)
    files = [industry_file(industry, "capabilities.csv") for industry in industries()]
    ids = [key for path in files for key in capabilities.load(path).frame["capability_id"]]
    assert len(set(ids)) == len(ids)


def test_another_industry_changes_words_and_no_figure(tmp_path):
    folders = {name: tmp_path / name / "sample" for name in (SOFTWARE, "medical")}
    for name, folder in folders.items():
        generate(folder, accounts=24, transactions=400, years=1, activities=200, seed=5, industry=name)
    usual, other = (pl.read_parquet(folder / "opportunities.parquet") for folder in folders.values())
    worded = ["opportunity_name", "currency", "competitor"]
    assert usual.drop(worded).equals(other.drop(worded))
    assert (usual["opportunity_name"] != other["opportunity_name"]).all()
    assert set(other["currency"]) == {"EUR"}
    assert "currency: EUR" in (folders["medical"] / "meta.yaml").read_text(encoding="utf-8")


def test_each_industry_and_size_is_a_sample_of_its_own(settings_of):
    asked = [(name, size) for name in industries() for size in ("small", "large")]
    states = {loading.state_of(settings_of(industry=name, size=size), "sample").name for name, size in asked}
    assert len(states) == len(asked)


def test_an_unknown_industry_names_the_nearest(settings_of):
    settings = settings_of(industry="medicl")
    with pytest.raises(ConfigError, match="Did you mean 'medical'"):
        loading.state_of(settings, "sample")


# Words of software alone; a device has software too, a lorry has none.
OF_SOFTWARE = re.compile(r"\b(?:tenants?|sandbox(?:es)?|seats?|SaaS|identity provider|load generator|uptime)\b", re.I)


@pytest.mark.parametrize("industry", [name for name in industries() if name != SOFTWARE])
def test_what_is_written_for_an_industry_names_nothing_of_the_software_company(settings_of, industry):
    settings_of(industry=industry)
    usual = vocabulary()
    ids = capabilities.load(industry_file(SOFTWARE, "capabilities.csv")).frame["capability_id"]
    foreign = [*usual.competitors, *(name for name, *_ in usual.products), *ids]
    lists = "\n".join(read_list(path).frame.write_csv() for path in sample_lists.lists().values())
    catalogue = capabilities.load().frame.write_csv()
    texts = {"lists": lists, "catalogue": catalogue, "updates": updates.load().write_csv()}
    texts["training"] = yaml.safe_dump({name: rules()[name] for name in ("approvals", "environments", "checklists")})
    for name, text in texts.items():
        assert [word for word in foreign if re.search(rf"\b{re.escape(word)}\b", text)] == [], name
    assert OF_SOFTWARE.findall(texts["training"]) == []
