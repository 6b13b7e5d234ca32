"""The glossary says of every measure what its docstring says, and every measure has something to say."""

from __future__ import annotations

from tools import glossary


def test_the_glossary_is_up_to_date():
    assert glossary.FILE.read_text(encoding="utf-8") == glossary.text(), "Run `python -m tools.glossary`."


def test_every_measure_is_described():
    entries = glossary.text().split("\n### ")[1:]
    assert len(entries) > 20
    for entry in entries:
        name, _, rest = entry.partition("\n")
        assert len(rest.strip()) > 20, name
