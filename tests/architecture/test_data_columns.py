"""The list of columns says what the contracts say, and every column that is read is in it."""

from __future__ import annotations

from core.contracts.schemas import ALL_SCHEMAS
from core.contracts.yaml_text import shipped_yaml
from core.sources import columns
from tools import data_columns


def test_the_list_of_columns_is_up_to_date():
    assert data_columns.FILE.read_text(encoding="utf-8") == data_columns.text(), "Run `make docs`."


def test_every_column_that_is_read_is_listed():
    text = data_columns.text()
    for entity in ALL_SCHEMAS:
        section = text.split(f"\n## {entity}\n")[1].split("\n## ")[0]
        assert [c for c in columns.readable(entity) if f"`{c}`" not in section] == []


def test_meanings_are_those_of_columns_that_exist():
    meanings = shipped_yaml(data_columns.MEANINGS)
    assert set(meanings) == {*ALL_SCHEMAS, "helpers"}
    for entity, schema in ALL_SCHEMAS.items():
        assert set(meanings[entity]["columns"]) <= set(schema.column_names())
    assert set(meanings["helpers"]) == set(columns.HELPER_COLUMNS)
