"""What an attack on the running app had not reached: kills, two servers, a full disk, clocks, a day of moves."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.artifacts import MODELS, REPLAYS, open_cache
from core.store import Store
from tests.servers import QUARTERDECK, free_port, is_healthy
from tests.store.conftest import cluster, url

__all__ = ["cluster", "url"]
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("attack")]
ROOT = Path(__file__).resolve().parents[2]
WRITES = """
import sys
from pathlib import Path
import polars as pl
from core.artifacts import MODELS, REPLAYS, open_cache
cache, n = open_cache(Path(sys.argv[1])), int(sys.argv[2])
print("ready", flush=True)
while True:
    n += 1
    for kind in (MODELS, REPLAYS):
        cache.put(kind, f"k{n % 3}", {"n": n, "rows": pl.DataFrame({"n": [n] * 400_000}), "note": str(n) * 1_000})
"""
SAVES = """
import sys
from core.store import Store
from core.store.reviews import Change
store = Store.open(sys.argv[1])
number, name, n = int(sys.argv[2]), sys.argv[3], 0
while True:
    rows = store.reviews.rows(number)
    version = rows["version"][0] if rows.height else 0
    n += 1
    if not store.reviews.change(number, [Change("Sheet", 3, version, {"comment": f"{name} {n}"})], name):
        print(n, flush=True)
"""
CLOCKED = """
import sys
from pathlib import Path
from core.artifacts import MODELS, open_cache
from core.store import Store
open_cache(Path(sys.argv[1])).put(MODELS, sys.argv[3], {"made": sys.argv[3]})
store = Store.open(sys.argv[2])
store.audit.add("ana", "did", sys.argv[3])
store.close()
"""


def child(script, *words, **options):
    command = [*options.pop("before", ()), sys.executable, "-c", textwrap.dedent(script), *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)


def killed(process):
    """Kill a process at once, and return what it had written."""
    process.send_signal(signal.SIGKILL)
    return process.communicate()[0].split("\n")[:-1]


def test_models_and_replays_that_were_being_written_are_whole_or_not_there(tmp_path):
    dice = random.Random(7)
    for round_ in range(8):
        writer = child(WRITES, tmp_path, round_ * 1_000)
        assert writer.stdout.readline() == "ready\n"
        time.sleep(dice.uniform(0.05, 0.6))
        killed(writer)
        cache = open_cache(tmp_path)
        for kind in (MODELS, REPLAYS):
            for key in ("k0", "k1", "k2"):
                value = cache.read(kind, key)
                if value is not None:
                    assert set(value["rows"]["n"]) == {value["n"]}
                    assert (value["rows"].height, value["note"]) == (400_000, str(value["n"]) * 1_000)
    for kind in (MODELS, REPLAYS):
        assert open_cache(tmp_path).get(kind, "fresh", lambda: {"n": 1}) == {"n": 1}
    assert not [path for path in tmp_path.rglob(".*") if path.name.startswith((".writing-", ".removing-"))]


def test_two_people_on_one_row_lose_nothing_acknowledged_when_one_is_killed(url):
    dice = random.Random(11)
    store = Store.open(url)
    number = store.requirement_sets.save("Acme", "everybody", {"rows": []}).id
    acknowledged = []
    for _ in range(4):
        first, second = child(SAVES, url, number, "ana"), child(SAVES, url, number, "bo")
        second.stdout.readline()
        time.sleep(dice.uniform(0.2, 0.8))
        acknowledged += [f"ana {n}" for n in killed(first)]
        time.sleep(0.3)
        acknowledged += ["bo first", *(f"bo {n}" for n in killed(second))]
    row = store.reviews.rows(number).row(0, named=True)
    log = store.audit.newest(100_000)
    lines = log.filter(log["user"].is_in(["ana", "bo"]))
    # One save of each may have been made and not yet said when its writer was killed.
    assert len(acknowledged) <= row["version"] <= len(acknowledged) + 8
    assert lines.height == row["version"]
    assert row["comment"] in lines["detail"][0]
    assert store.audit.verify().is_whole
    store.close()


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_a_system_clock_that_jumps_deletes_nothing_and_breaks_no_chain(tmp_path):
    database = f"sqlite:///{tmp_path / 's.db'}"
    for day in ("+900d", "+0d", "-900d", "+10d", "-1d", "+0d", "+400d", "+0d"):
        name = f"at{day}".replace("+", "p").replace("-", "m") + str(time.monotonic_ns())
        done = child(CLOCKED, tmp_path, database, name, before=["faketime", "-f", day])
        done.communicate(timeout=120)
        assert done.returncode == 0
        assert open_cache(tmp_path).read(MODELS, name) == {"made": name}, "What was just written is gone."
    store = Store.open(database)
    assert store.audit.verify().is_whole
    assert store.audit.verify().n_rows == 8
    store.retention.apply({"audit log": 100})
    assert store.audit.verify().is_whole
    store.close()


@contextmanager
def running(folder, home, port=None, **more):
    """Give a server that can be killed, and its address; it is gone afterwards."""
    number = port or free_port()
    env = {"QUARTERDECK_HOME": str(home), "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 's.db'}"}
    env |= {"QUARTERDECK_REPLAY": "0", **more}
    environment = os.environ | env
    with (folder / f"server-{number}.log").open("ab") as out:
        server = subprocess.Popen(
            [*QUARTERDECK, "serve", "--port", str(number)],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{number}"
    try:
        end = time.monotonic() + 240
        while not is_healthy(address):
            assert server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)
        yield server, address
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(20)


def scenarios(page, address):
    page.goto(f"{address}/scenarios")
    slider = page.get_by_role("slider", name="Win rate")
    expect(slider).to_be_visible(timeout=120_000)
    return slider


def save(page, name):
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1200})
    yield context.new_page()
    context.close()


def test_two_servers_on_one_home_show_each_others_saves_and_outlive_each_other(
    small_settings, small_bundle, tmp_path, page
):
    with running(tmp_path, small_settings.home) as (first, one), running(tmp_path, small_settings.home) as (_, two):
        scenarios(page, one)
        save(page, "From the first")
        expect(page.get_by_text("Saved: From the first")).to_be_visible(timeout=60_000)
        scenarios(page, two)
        save(page, "From the first")
        expect(page.get_by_text("There is already a scenario called")).to_be_visible(timeout=60_000)
        first.send_signal(signal.SIGKILL)
        first.wait(20)
        save(page, "From the second")
        expect(page.get_by_text("Saved: From the second")).to_be_visible(timeout=60_000)
    store = Store.open(f"sqlite:///{tmp_path / 's.db'}")
    assert {saved.name for saved in store.scenarios.list()} == {"From the first", "From the second"}
    assert store.audit.verify().is_whole
    assert store.notices == ()
    store.close()


def test_what_was_typed_and_not_saved_is_there_after_a_restart(small_settings, small_bundle, tmp_path, page):
    port = free_port()
    with running(tmp_path, small_settings.home, port) as (server, address):
        slider = scenarios(page, address)
        slider.focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        expect(page).to_have_url(re.compile("win_rate=5"), timeout=60_000)
        page.get_by_label("Name", exact=True).fill("Not yet saved")
        page.keyboard.press("Tab")
        page.wait_for_timeout(1_000)
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    with running(tmp_path, small_settings.home, port):
        expect(page.get_by_text("Win rate +USD").first).to_be_visible(timeout=120_000)
        expect(page.get_by_label("Name", exact=True)).to_have_value("Not yet saved", timeout=60_000)
        assert "win_rate=5" in page.url
        outcome = page.get_by_text(re.compile("Saved.*: Not yet saved"))
        for _ in range(20):  # Until the browser has come back by itself, a button does nothing.
            page.get_by_role("button", name="Save", exact=True).click()
            page.wait_for_timeout(4_000)
            if outcome.count():
                break
        expect(outcome).to_be_visible()
    store = Store.open(f"sqlite:///{tmp_path / 's.db'}")
    (lever,) = store.scenarios.list()[0].payload["levers"]
    assert (lever["lever"], lever["value"]) == ("win_rate", pytest.approx(0.05))
    store.close()


@pytest.fixture
def small_disk(small_settings, small_bundle, tmp_path):
    """A copy of the home on a disk of its own with 12 MB to spare; left out where this account may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = sum(f.stat().st_size for f in small_settings.home.rglob("*") if f.is_file()) // 1_000_000 + 12
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("A small disk cannot be mounted here")
    try:
        shutil.copytree(small_settings.home, folder / "home")
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    """Write until there is no byte left."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            for size in (1_000_000, 4_096, 1):
                while file.write(b"x" * size) == size:
                    pass
        except OSError:
            return
        for size in (4_096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                return


def test_pages_are_shown_and_saving_says_why_it_cannot_on_a_full_disk(small_disk, page):
    with running(small_disk, small_disk / "home") as (_, address):
        scenarios(page, address)
        save(page, "Before")
        expect(page.get_by_text("Saved: Before")).to_be_visible(timeout=60_000)
        fill(small_disk)
        save(page, "On a full disk")
        expect(page.get_by_text("lies on is full. Nothing was saved").first).to_be_visible(timeout=60_000)
        for path, heading in (("pipeline", "Pipeline"), ("forecast", "Forecast"), ("admin", "Admin")):
            page.goto(f"{address}/{path}")
            expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible(timeout=120_000)
            page.wait_for_timeout(2_000)
            assert "Traceback" not in page.inner_text("body")
            assert page.get_by_test_id("stException").count() == 0
        (small_disk / "filler").unlink()
        scenarios(page, address)
        save(page, "On a full disk")
        expect(page.get_by_text("Saved: On a full disk")).to_be_visible(timeout=60_000)


def test_a_database_damaged_while_the_server_runs_is_a_sentence_on_every_page(
    small_settings, small_bundle, tmp_path, page
):
    with running(tmp_path, small_settings.home) as (_, address):
        scenarios(page, address)
        save(page, "Before")
        expect(page.get_by_text("Saved: Before")).to_be_visible(timeout=60_000)
        file = tmp_path / "s.db"
        file.write_bytes(b"no database any more" * (file.stat().st_size // 20))
        for path in ("scenarios", "forecast", "requirements", "admin", ""):
            page.goto(f"{address}/{path}")
            damage = page.get_by_text(re.compile("database", re.IGNORECASE)).first
            headings = page.get_by_role("heading", level=3)
            expect(damage.or_(headings.first).first).to_be_visible(timeout=120_000)
            page.wait_for_timeout(3_000)
            assert page.get_by_test_id("stException").count() == 0, path
        page.goto(f"{address}/scenarios")
        expect(page.get_by_text(re.compile("database", re.IGNORECASE)).first).to_be_visible(timeout=120_000)


def megabytes(pid):
    """Return the memory that a process holds."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1_000


def test_a_day_of_moves_neither_fills_the_memory_nor_leaves_files_open(small_settings, small_bundle, tmp_path, page):
    """Some hundred moves of a slider and thirty openings of pages, as one person makes in a day."""
    with running(tmp_path, small_settings.home) as (server, address):
        measured = []
        for _ in range(3):
            slider = scenarios(page, address)
            for key in ["ArrowRight"] * 25 + ["ArrowLeft"] * 50 + ["ArrowRight"] * 25:
                slider.focus()
                page.keyboard.press(key)
                page.wait_for_timeout(25)
            for path in ("pipeline", "forecast", "customers", "review", "requirements", "") * 2:
                page.goto(f"{address}/{path}")
                page.wait_for_timeout(800)
                assert page.get_by_test_id("stException").count() == 0
            n_files = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
            measured.append((megabytes(server.pid), n_files))
        assert measured[2][0] - measured[1][0] < 60, measured
        assert measured[-1][1] - measured[0][1] < 60, measured
        assert server.poll() is None
