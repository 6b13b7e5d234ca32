"""The documents in sections, searched, and linked from every cell."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from core import guides
from core.guides import Guide, explained, reading, section_slug, sections
from core.guides.guide_sections import plain_text
from pages.ui.kit.rooms import ROOMS

ROOT = Path(__file__).resolve().parents[2]
ALSO = {"pages/deal.py": "Deal", "pages/account.py": "Account"}
TITLES = {path: title for rooms in ROOMS.values() for path, title, _ in rooms} | ALSO
TARGETS = sorted({target for page in explained.listed().values() for target in page.values()})


def asked(text: str) -> set[str]:
    """Return the questions a source asks: each text that is a cell's second argument, or is named QUESTION."""
    out = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("cell", "place_later") and len(node.args) > 1:
            out |= {part.value for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant)}
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            out.add(node.value)
    return out


def a_guide(tmp_path, text, name="here"):
    file = tmp_path / f"{name}.md"
    file.write_text(text, encoding="utf-8")
    return Guide(name, "Here", "", file)


def test_every_document_is_in_the_navigation_once():
    listed = [guide.path.relative_to(ROOT / "docs") for guide in guides.guides()]
    files = [file.relative_to(ROOT / "docs") for file in (ROOT / "docs").rglob("*.md")]
    assert sorted(listed) == sorted(files)


def test_each_page_and_each_question_leads_to_a_section_that_is_there():
    anchors = {guide.name: {part.anchor for part in sections(guide)} for guide in guides.guides()}
    lost = [t for t in TARGETS if t.partition("#")[0] not in anchors]
    lost += [t for t in TARGETS if "#" in t and t.partition("#")[2] not in anchors.get(t.partition("#")[0], ())]
    assert lost == []
    assert set(explained.listed()) == set(TITLES.values())
    assert all("page" in of_page for of_page in explained.listed().values())


def test_the_questions_that_are_explained_are_asked():
    texts = [file.read_text(encoding="utf-8") for file in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]]
    questions = set().union(*map(asked, texts))
    listed = {question for page in explained.listed().values() for question in page} - {"page"}
    assert sorted(listed - questions) == []


def test_what_is_not_listed_is_explained_by_its_page():
    assert guides.explanation("Pipeline", "A new question") == guides.explanation("Pipeline")
    assert guides.explanation("Nowhere").guide == "index"


def test_links_between_documents_lead_to_sections_that_are_there():
    anchors = {guide.name: {part.anchor for part in sections(guide)} for guide in guides.guides()}
    lost = []
    for guide in guides.guides():
        for part in sections(guide):
            for _, target, anchor in reading.LINK.findall(reading.CODE.sub("", part.text)):
                if target.startswith("http"):
                    continue
                file = (guide.path.parent / target).resolve() if target else guide.path
                name = file.relative_to(ROOT / "docs").with_suffix("").as_posix()
                if name not in anchors or (anchor and anchor not in anchors[name]):
                    lost.append(f"{guide.name}: {target}#{anchor}")
    assert lost == []


def test_sections_skip_code_and_comments_and_number_what_is_called_the_same(tmp_path):
    text = "lead\n\n# One\na <!-- step: open x -->\n\n```sh\n# no heading\n```\n## Two `x`\nb\n## Two x\n"
    parts = sections(a_guide(tmp_path, text))
    assert [(p.title, p.anchor, p.level) for p in parts] == [
        ("One", "one", 1),
        ("Two x", "two-x", 2),
        ("Two x", "two-x_1", 2),
    ]
    assert parts[0].text == "a\n```sh\n# no heading\n```"
    assert sections(a_guide(tmp_path, "no heading at all")) == ()


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("Öfter, as — asked?", "ofter-as-asked"),
        ("metrics.bookings.by_month", "metricsbookingsby_month"),
        ("A  b-c", "a-b-c"),
    ],
)
def test_a_heading_is_linked_as_the_site_links_it(title, anchor):
    from markdown.extensions.toc import slugify

    assert section_slug(title) == anchor == slugify(title, "-")


def test_a_search_takes_all_words_then_any_then_the_nearest_spelling():
    both = guides.passages("exchange rate currency")
    assert both.passages
    assert both.words == "exchange rate currency"
    assert guides.passages("curr").total >= guides.passages("currency").total > 0
    some = guides.passages("backup zzzzqqqq")
    assert some.passages[0].anchor.startswith("backup")
    assert guides.passages("forcast").words == "forecast"
    assert next(passage.guide for passage in guides.passages("backup").passages) == "admin-guide"
    assert "|" not in guides.passages("exchange_rates currency valid_from").passages[0].excerpt
    assert guides.passages("approval of forecasts").passages[0].title.startswith("Approval")


@pytest.mark.parametrize("query", ["", "  ", '"', "* OR (", "zzzzqqqq", "x" * 500, "a' ; DROP TABLE passages --"])
def test_a_search_for_nothing_or_signs_is_no_error(query):
    result = guides.passages(query)
    assert result.total >= len(result.passages) >= 0


def test_what_is_read_keeps_its_links_in_the_app(tmp_path):
    text = (
        "# T\nSee [keys](api.md#keys), [`the API`](api.md), [here](#t), [there](https://x.io), [gone](no.md)\n\n"
        "![A page](picture.png)\n\n![Lost](none.png)\n\nIt costs $5, `$HOME` stays."
    )
    (tmp_path / "picture.png").write_bytes(b"x")
    guide = a_guide(tmp_path, text)
    first, picture, last = reading.shown(guide, sections(guide)[0])
    assert first[0] == (
        "See [keys](help?guide=api&part=keys), [`the API`](help?guide=api), [here](#t), [there](https://x.io), gone"
    )
    assert picture == ("A page", tmp_path / "picture.png")
    assert last == (r"It costs \$5, `$HOME` stays.", None)
    nested = Guide("crm/x", "X", "", tmp_path / "x.md")
    assert reading._linked("[m](../admin-guide.md#a-column-map) [r](README.md)", nested) == (
        "[m](help?guide=admin-guide&part=a-column-map) [r](help?guide=crm%2FREADME)"
    )


def test_plain_text_has_no_marks():
    assert plain_text("> **a** [b](c.md)\n- `d`") == "a b\nd"
