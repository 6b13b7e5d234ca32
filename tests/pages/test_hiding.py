"""Names stay hidden in a browser until somebody shows them again; a rule or a demo link does not let them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.access import LOCAL
from core.store import Store
from pages.ui.kit import auth, browser_state
from tests.pages.test_access import come  # noqa: F401
from tests.pages.test_pages import ROOT, home, nothing  # noqa: F401

PAGE = "pages/day.py"


@pytest.fixture
def visit(monkeypatch, sample):
    """Open a page anew in a browser, at an address."""

    def opened(browser="one", page=PAGE, data=None, **asked):
        cookies = {"quarterdeck_browser": browser}
        context = SimpleNamespace(headers={}, theme=None, ip_address=None, cookies=cookies)
        monkeypatch.setattr(auth.st, "context", context)
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        test.session_state["uploaded_data"] = nothing() if data is None else data
        test.switch_page(page)
        for name, value in asked.items():
            test.query_params[name] = value
        test.run()
        assert not test.exception
        return test

    return opened


def badge(test):
    """Return what the badge in the bar says; nothing where names are shown."""
    said = [block.label for block in blocks(test.main) if getattr(block, "type", "") == "popover"]
    return next((label for label in said if label.startswith("Names hidden")), "")


def blocks(block):
    for child in getattr(block, "children", {}).values():
        if getattr(child, "type", "") == "popover":
            yield SimpleNamespace(type="popover", label=child.proto.popover.label)
        yield from blocks(child)


def test_names_stay_hidden_in_the_browser_until_they_are_shown_deliberately(visit):
    test = visit()
    assert badge(test) == ""
    test.toggle(key="hide_names").set_value(True).run()
    assert badge(test) == "Names hidden"
    assert "hide_names" not in [toggle.key for toggle in test.toggle]
    assert dict(test.query_params)["names"] in ("hidden", ["hidden"])
    again = visit()
    assert badge(again) == "Names hidden"
    assert badge(visit(browser="two")) == ""
    assert badge(visit(page="pages/models.py")) == "Names hidden"
    again.button(key="show_names").click().run()
    assert badge(again) == ""
    assert "names" not in again.query_params
    assert badge(visit()) == ""
    assert badge(visit(names="hidden")) == "Names hidden"
    assert badge(visit()) == "Names hidden"


def test_amounts_are_chosen_beside_and_kept(visit, sample):
    test = visit(names="hidden")
    test.selectbox(key="hidden_amounts").set_value("rounded").run()
    assert badge(test) == "Names hidden, amounts rounded"
    assert badge(visit()) == "Names hidden, amounts rounded"
    test.selectbox(key="hidden_amounts").set_value("").run()
    assert badge(visit()) == "Names hidden"


def test_a_demo_link_hides_names_and_does_not_let_them_be_shown(visit, tmp_path, settings):
    admin = visit(page="pages/admin.py")
    admin.text_input(key="demo_label").set_value("Fair")
    admin.selectbox(key="demo_amounts").set_value("scaled")
    next(b for b in admin.button if b.label == "Make a demo link").click().run()
    token = admin.code[0].value.partition("=")[2]
    test = visit(browser="guest", demo=token)
    assert badge(test) == "Names hidden, amounts scaled"
    assert "by the demo link Fair" in " ".join(m.value for m in test.markdown)
    assert [b.key for b in test.button if b.key == "show_names"] == []
    assert badge(visit(browser="guest")) == "Names hidden, amounts scaled"
    assert badge(visit()) == ""
    admin = visit(page="pages/admin.py")
    next(b for b in admin.button if b.label == "End").click().run()
    free = visit(browser="guest")
    assert badge(free) == "Names hidden"
    free.button(key="show_names").click().run()
    assert badge(visit(browser="guest")) == ""
    late = visit(browser="late", demo=token)
    assert "not valid any more" in late.warning[0].value
    assert badge(late) == "Names hidden"


def test_a_role_can_be_made_to_see_invented_names_only(come, tmp_path):  # noqa: F811
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    rule = '{"rights": ["pipeline:read"], "mask_names": true}'
    store.access.keep("role", "guest", rule, "admin")
    store.access.keep("person", "fay@example.com", '{"roles": ["guest"]}', "admin")
    store.close()
    test = come("fay@example.com", PAGE)
    assert badge(test) == "Names hidden"
    assert "by your administrator" in " ".join(m.value for m in test.markdown)
    assert not test.toggle


def test_without_the_store_the_address_still_hides(visit, monkeypatch, settings):
    from core.contracts.errors import StoreError

    def broken(_):
        raise StoreError("The database does not answer.")

    monkeypatch.setattr(browser_state, "store", broken)
    assert browser_state.read(settings, LOCAL, "names") is None


def test_a_browser_is_told_apart_by_a_cookie_it_gets_once():
    import asyncio

    from pages.ui.server.browser_mark import BrowserMark

    async def app(scope, receive, send):
        kind = b"text/html; charset=utf-8" if scope["path"] == "/" else b"text/css"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})

    def cookies(path, *sent):
        seen = []

        async def send(message):
            seen.extend(value for key, value in message["headers"] if key == b"set-cookie")

        scope = {"type": "http", "path": path, "headers": [(b"cookie", value) for value in sent]}
        asyncio.run(BrowserMark(app)(scope, None, send))
        return seen

    (first,) = cookies("/")
    assert first.startswith(b"quarterdeck_browser=")
    assert b"HttpOnly" in first
    assert cookies("/") != [first]
    assert cookies("/style.css") == []
    assert cookies("/", b"other=1; quarterdeck_browser=abc") == []
