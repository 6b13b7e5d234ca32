"""Comments: what was said, about what, and for whom."""

from __future__ import annotations

import pytest

from core.contracts.errors import StoreError
from core.store import Store


@pytest.fixture
def comments(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 's.db'}")
    yield store.comments
    assert "deal commented on" in store.audit.newest(9)["action"].to_list()
    store.close()


def test_comments_stand_oldest_first_and_name_people(comments):
    comments.add("Sample", "deal", "O1", "ann", " See @Bo Berg ", ["Bo Berg"])
    comments.add("Sample", "deal", "O1", "bo", "Seen", [])
    comments.add("Sample", "account", "A1", "ann", "@Cy", ["Cy"])
    comments.add("Other", "deal", "O1", "ann", "Elsewhere @Bo", ["Bo Berg"])
    assert comments.about("Sample", "deal", "O1")["body"].to_list() == ["See @Bo Berg", "Seen"]
    assert comments.naming("Sample", ["bo berg"])["target"].to_list() == ["O1"]
    assert comments.naming("Sample", ["", "nobody"]).is_empty()
    assert comments.naming("Sample", []).is_empty()
    assert comments.about("Sample", "deal", "O2").is_empty()


def test_a_comment_says_something_about_something(comments):
    comments.add("Sample", "deal", "O1", "ann", "x", [])
    for body in (" ", "x" * 4_001):
        with pytest.raises(StoreError, match="1 to 4,000"):
            comments.add("Sample", "deal", "O1", "ann", body, [])
    with pytest.raises(StoreError, match="no comments on a planet"):
        comments.add("Sample", "planet", "O1", "ann", "x", [])
