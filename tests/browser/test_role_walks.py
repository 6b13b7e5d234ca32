"""Five roles walk all their pages in Chromium, on screen, projector and phone, in both themes: no red, no real name.

A walk signs in once and goes from page to page by the links of the sidebar, as people do: opening each address anew
takes longer, and is what other tests do.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.browsers import browser  # noqa: F401
from tests.page_measures import OVERFLOW, open_page, settle
from tests.servers import own_database, serving

pytestmark = pytest.mark.slow
SETTINGS = """
access:
  sign_in: header
  mask_key: walked
  people:
    presales@example.com: {{roles: [presales], name: Pia Presales, mask_names: true}}
    engineer@example.com: {{roles: [sales_engineer], name: Sven Engineer}}
    rep@example.com: {{roles: [rep], name: Rita Rep, team_of: {rep}}}
    manager@example.com: {{roles: [manager], name: Mo Manager, team_of: {manager}}}
    admin@example.com: {{roles: [admin], name: Ada Admin, mask_names: true}}
"""
MASKED = ("presales", "admin")
ROLES = ("presales", "engineer", "rep", "manager", "admin")
AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"
SCREENS = {"screen": ((1440, 900), (1280, 720)), "phone": ((390, 844),)}
RED = '[data-testid="stAlertContentError"], [data-testid="stException"]'
TEXT = """() => document.querySelector('[data-testid="stApp"]').innerText + ' ' +
  [...document.querySelectorAll('[aria-label], [title]')].map(e => e.getAttribute('aria-label') || e.title).join(' ')"""
PATIENCE = 300  # seconds; on a machine under load a page is slow, not wrong
FOLLOW = """path => [...document.querySelectorAll('[data-testid="stSidebar"] a[href]')]
  .find(a => new URL(a.href).pathname === path).click()"""
LINKS = """() => [...document.querySelectorAll('[data-testid="stSidebar"] a[href]')]
  .map(a => new URL(a.href).pathname)"""


@pytest.fixture(scope="module")
def address(small, small_settings, small_bundle, tmp_path_factory):
    """The address of a server on the small company at which five people may sign in."""
    people = small.sales_team
    manager = people["manager_id"].drop_nulls().mode().sort()[0]
    owners = small.opportunities.filter(~small.opportunities["is_closed"])["owner_id"]
    folder = tmp_path_factory.mktemp("walked")
    text = SETTINGS.format(rep=owners.mode().sort()[0], manager=manager)
    (folder / "quarterdeck.yaml").write_text(text, encoding="utf-8")
    with serving(folder, own_database(small_settings.home, folder)) as served:
        yield served


@pytest.fixture(scope="module")
def real_names(small):
    """The names of the small company's customers and people."""
    names = [*small.accounts["account_name"], *small.sales_team["rep_name"]]
    return re.compile("|".join(rf"\b{re.escape(name)}\b" for name in set(names) if name))


@pytest.mark.parametrize("kind", SCREENS)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_walks_all_its_pages(browser, address, real_names, role, kind):  # noqa: F811
    sizes = [{"width": width, "height": height} for width, height in SCREENS[kind]]
    phone = {"user_agent": AGENT, "has_touch": True} if kind == "phone" else {}
    signed = {"X-Forwarded-Email": f"{role}@example.com"}
    context = browser.new_context(viewport=sizes[0], extra_http_headers=signed, color_scheme="light", **phone)
    page = context.new_page()
    crashes = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    open_page(page, address, PATIENCE)
    pages = list(dict.fromkeys(page.evaluate(LINKS)))
    assert pages
    faults = []
    for path in pages:
        go(page, path)
        for scheme, size in zip(("light", "dark", "dark"), [*sizes, *sizes][: len(sizes) + 1], strict=False):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            settle(page, PATIENCE)
            where = f"{role} {kind} {path} {scheme} {size['width']}"
            picture(page, where)
            faults += [(where, fault) for fault in seen(page, real_names if role in MASKED else None)]
    assert faults == []
    assert crashes == []
    context.close()


def seen(page, real_names):
    """Return what is wrong with a page as it stands: red, a cell that failed, something over its side, a real name."""
    text = page.evaluate(TEXT)
    out = [element.inner_text()[:200] for element in page.locator(RED).all()]
    out += ["a cell could not be worked out"] * ("could not be worked out" in text)
    beyond = page.evaluate(OVERFLOW)
    out += [f"{beyond} pixels over the side"] * (beyond > 1)
    return out + (sorted(set(real_names.findall(text)))[:3] if real_names else [])


def go(page, path):
    """Follow a link of the sidebar, also where that is folded away as on a phone."""
    name = path.strip("/")
    if page.evaluate("location.pathname").strip("/") != name:
        page.evaluate(FOLLOW, path)
        page.wait_for_function(
            "name => location.pathname.replaceAll('/', '') === name", arg=name, timeout=PATIENCE * 1000
        )
        page.wait_for_timeout(400)
    settle(page, PATIENCE)


def picture(page, where):
    if folder := os.environ.get("QUARTERDECK_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{re.sub(r'[^a-z0-9]+', '_', where.lower())}.png"))
