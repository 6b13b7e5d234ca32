"""axe-core on every page in both themes: nothing of ours is amiss, and what Streamlit itself draws is listed here."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from tests.browsers import browser  # noqa: F401
from tests.page_measures import PAGES, open_page
from tests.servers import own_database, serving

# Drawn by Streamlit, with no option that reaches it: the sparkline of a metric, the field a file is dropped on,
# and the words of a control that is switched off, which need no contrast.
NOT_OURS = '[data-testid="stMetric"],[data-testid="stFileUploaderDropzone"],[disabled],[aria-disabled="true"]'
RUN = f"""async () => {{
  const all = (await axe.run({{resultTypes: ["violations"]}})).violations;
  const ours = target => {{
    const element = document.querySelector(target);
    return element && !element.closest({json.dumps(NOT_OURS)});
  }};
  return all.flatMap(v => v.nodes.filter(n => ours(n.target[n.target.length - 1]))
    .map(n => `${{v.id}}: ${{n.html.slice(0, 160)}}`));
}}"""
SAME_NAME = """() => { const seen = {}; document.querySelectorAll('[class*="st-key-method-"] button')
  .forEach(b => { const n = b.getAttribute("aria-label") || b.textContent; seen[n] = (seen[n] || 0) + 1; });
  return Object.entries(seen).filter(([, n]) => n > 1).map(([name]) => name); }"""
UNSPOKEN = """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
  .filter(c => c.getClientRects().length)
  .filter(c => !(c.getAttribute("aria-label") || c.querySelector("[aria-label]"))).length"""
STOPS = """() => [...document.querySelectorAll('[data-testid="stElementToolbar"] button')]
  .filter(b => b.tabIndex >= 0).length"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url(small_settings, small_bundle, tmp_path_factory):
    """The address of a server on the small company: what is looked at does not depend on its size."""
    folder = tmp_path_factory.mktemp("small")
    with serving(folder, own_database(small_settings.home, folder)) as address:
        yield address


@pytest.fixture(params=["light", "dark"])
def themed(browser, request):  # noqa: F811
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=request.param)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_has_nothing_to_say(themed, url, name):
    open_page(themed, f"{url}/{name}")
    themed.wait_for_timeout(800)
    themed.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    assert themed.evaluate(RUN) == []
    assert themed.evaluate(SAME_NAME) == []
    assert themed.evaluate(UNSPOKEN) == 0
    assert themed.evaluate(STOPS) == 0


def test_a_phones_menu_closes_and_what_is_touched_is_large(browser, url):  # noqa: F811
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, user_agent=agent)
    page = context.new_page()
    open_page(page, f"{url}/deal")
    assert page.locator(".qd-card").count() > 0
    assert page.locator(".qd-card dt").first.inner_text().startswith("Amount")
    small = """() => [...document.querySelectorAll('[data-testid="stMain"] :is(button, a)')]
      .map(e => [e.textContent.trim(), e.getBoundingClientRect()])
      .filter(([, r]) => r.width && r.height && r.height < 40).map(([text]) => text)"""
    assert page.evaluate(small) == []
    page.locator('[data-testid="stExpandSidebarButton"]').click()
    page.get_by_role("link", name="Models").first.click()
    page.wait_for_url("**/models**")
    page.wait_for_timeout(1_500)
    assert page.locator('[data-testid="stSidebar"]').bounding_box()["x"] < 0
    context.close()
