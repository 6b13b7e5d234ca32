"""Two companies with the same ids, names and files on one installation: a mark in each is nowhere in the other."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from playwright.sync_api import expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_auth_routes import USER_COOKIE_NAME

from core.sample import generate
from core.tenants.tenant_registry import Registry
from tests.browser.steps import quiet
from tests.servers import free_port, is_healthy

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]
NAMES = ("north", "south")
MARKS = {"north": "Zephyrine Nordlicht", "south": "Quillon Suedwind"}
ANA = "ana@example.com"
PATIENCE_S = 1_500.0
PAGES = ("", "pipeline", "customers", "digest", "data", "admin")
ENDPOINTS = ("me", "data", "scope", "deals?limit=500", "accounts?limit=500", "products", "team", "alerts", "jobs")
FEEDS = ("", "$metadata", "Accounts", "Deals", "Team", "Measures")


def other(name):
    return NAMES[1 - NAMES.index(name)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One small company's files, once with each mark in the name of an account and of a deal."""
    plain = tmp_path_factory.mktemp("company") / "plain"
    generate(plain, 12, 300, 2, 5, None, 300, "csv")
    folders = {}
    for name in NAMES:
        folders[name] = plain.parent / name
        folders[name].mkdir()
        for path in plain.glob("*.csv"):
            text = path.read_text(encoding="utf-8")
            (folders[name] / path.name).write_text(marked(path.stem, text, MARKS[name]), encoding="utf-8")
    return folders


def marked(entity, text, mark):
    """Put a mark in place of the name of an account, and of the deals' names that begin with it."""
    if entity not in ("accounts", "opportunities"):
        return text
    head, *lines = text.splitlines()
    at = head.split(",").index("account_name" if entity == "accounts" else "opportunity_name")
    cells = lines[0].split(",")
    lines[0] = ",".join([*cells[:at], mark, *cells[at + 1 :]])
    return "\n".join([head, *lines]) + "\n"


@pytest.fixture(scope="module")
def installation(files, tmp_path_factory):
    """Both tenants, run by the supervisor's own command until the tests are over."""
    root = tmp_path_factory.mktemp("installation") / "tenants"
    registry, log = Registry(root), root.parent / "log"
    people = {ANA: {"roles": ["admin"], "name": "Ana"}}
    for name in NAMES:
        settings = {
            "company": f"{MARKS[name]} Company",
            "source": {"folder": str(files[name])},
            "branding": {"name": f"{MARKS[name]} Desk"},
            "access": {"sign_in": "oidc", "people": people},
        }
        made = registry.create(name, [f"{name}.example.com"], settings)
        port = free_port()
        (made.folder / "tenant.yaml").write_text(yaml.safe_dump({"port": port}))
        provider = 'client_id = "x"\nclient_secret = "y"\nserver_metadata_url = "http://127.0.0.1:9/none"\n'
        text = (made.folder / ".streamlit" / "secrets.toml").read_text()
        text = text.replace(f"https://{name}.example.com", f"http://127.0.0.1:{port}") + provider
        (made.folder / ".streamlit" / "secrets.toml").write_text(text)
    env = os.environ | {"QUARTERDECK_TENANTS": str(root), "SECRET_OF_THE_SUPERVISOR": "never passed on"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "tenant", "serve"], env=env, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        tenants = {tenant.name: tenant for tenant in registry.tenants()}
        urls = {name: f"http://127.0.0.1:{tenant.port}" for name, tenant in tenants.items()}
        end = time.monotonic() + PATIENCE_S
        while not all(map(is_healthy, urls.values())):
            assert time.monotonic() < end, log.read_text(errors="replace")[-3_000:]
            time.sleep(1)
        yield SimpleNamespace(tenants=tenants, urls=urls, log=log, env=env, root=root)
    finally:
        process.terminate()
        process.wait(120)


def command(installation, name, *words):
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "tenant", "run", name, *words],
        env=installation.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def keys(installation):
    """An API key of each tenant."""
    made = {name: command(installation, name, "api-key", "make", "leak", "--owner", ANA) for name in NAMES}
    return {name: re.search(r"qd_\S+", text)[0] for name, text in made.items()}


def asked(address, **headers):
    """Return status and body of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=named), timeout=120) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")


def cookie(installation, name):
    """Return what a browser that signed in at a tenant bears."""
    secret = re.search(
        r'cookie_secret = "(\w+)"', (installation.tenants[name].folder / ".streamlit/secrets.toml").read_text()
    )
    user = {
        "origin": installation.urls[name],
        "is_logged_in": True,
        "email": ANA,
        "name": "Ana",
        "iat": int(time.time()),
    }
    return create_signed_value(secret[1], USER_COOKIE_NAME, json.dumps(user)).decode()


@pytest.mark.parametrize("name", NAMES)
def test_the_api_and_the_feeds_answer_from_the_own_rows_alone(installation, keys, name):
    bodies = []
    for endpoint in ENDPOINTS:
        status, body = asked(f"{installation.urls[name]}/api/v1/{endpoint}", Authorization=f"Bearer {keys[name]}")
        bodies.append(body)
        assert status in (200, 404), (endpoint, body)
    basic = base64.b64encode(f"x:{keys[name]}".encode()).decode()
    for feed in FEEDS:
        bodies.append(asked(f"{installation.urls[name]}/odata/{feed}", Authorization=f"Basic {basic}")[1])
    bodies.append(asked(f"{installation.urls[name]}/api/docs")[1])
    bodies.append(asked(f"{installation.urls[name]}/manifest.webmanifest")[1])
    whole = "\n".join(bodies)
    assert MARKS[name] in whole
    assert MARKS[other(name)] not in whole


@pytest.mark.parametrize("name", NAMES)
def test_a_key_and_a_token_of_the_other_open_nothing(installation, keys, name):
    url = installation.urls[other(name)]
    for endpoint in ("api/v1/deals", "odata/Deals", "api/v1/me"):
        status, body = asked(f"{url}/{endpoint}", Authorization=f"Bearer {keys[name]}")
        assert status == 401, body
    tokens = {each: installation.tenants[each].key_file("metrics-token").read_text().strip() for each in NAMES}
    assert asked(f"{url}/metrics", Authorization=f"Bearer {tokens[name]}")[0] != 200
    assert asked(f"{url}/metrics")[0] != 200
    status, figures = asked(f"{url}/metrics", Authorization=f"Bearer {tokens[other(name)]}")
    lines = [line for line in figures.splitlines() if line and not line.startswith("#")]
    assert status == 200
    assert lines
    assert all(f'tenant="{other(name)}"' in line for line in lines)


def test_a_name_no_tenant_has_gets_a_sentence(installation):
    for name in NAMES:
        for host in ("west.example.com", f"{other(name)}.example.com", "<script>"):
            status, body = asked(f"{installation.urls[name]}/", Host=host)
            assert status == 421
            assert "No Quarterdeck answers under this name" in body
            assert "script" not in body
        assert asked(f"{installation.urls[name]}/healthz", Host=f"{name}.example.com")[0] == 200


@pytest.mark.parametrize("name", NAMES)
def test_pages_downloads_and_sign_ins_stay_apart(installation, browser, name):
    own, strange = installation.urls[name], installation.urls[other(name)]
    context = browser.new_context()
    try:
        context.add_cookies([{"name": USER_COOKIE_NAME, "value": cookie(installation, name), "url": own}])
        page = context.new_page()
        seen = []
        for path in PAGES:
            page.goto(f"{own}/{path}")
            expect(page.get_by_test_id("stMainBlockContainer").get_by_role("heading", level=1)).to_be_visible(
                timeout=240_000
            )
            quiet(page)
            seen.append(page.content())
        assert MARKS[name] in "\n".join(seen)
        assert MARKS[other(name)] not in "\n".join(seen)
        assert page.title().endswith(f"{MARKS[name]} Desk")
        page.goto(f"{own}/pipeline")
        with page.expect_download(timeout=240_000) as fetched:
            page.get_by_role("button", name="Download as notebook").click(timeout=240_000)
        path = fetched.value.url.removeprefix(own)
        assert MARKS[other(name)] not in fetched.value.path().read_text(encoding="utf-8")
        assert context.request.get(f"{strange}{path}").status in (403, 404)
        # A browser sends the cookie of one port of a host to all others of that host.
        page.goto(f"{strange}/pipeline")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=120_000)
        assert MARKS[name] not in page.get_by_test_id("stMain").inner_text()
        assert "Download as notebook" not in page.content()
    finally:
        context.close()


@pytest.mark.parametrize("name", NAMES)
def test_digests_exports_logs_and_every_file_hold_the_own_mark_alone(installation, tmp_path, name):
    command(installation, name, "digest", "--out", str(tmp_path / "digest.html"))
    mark, strange = MARKS[name].encode(), MARKS[other(name)].encode()
    digest = (tmp_path / "digest.html").read_bytes()
    assert mark in digest
    assert strange not in digest
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "tenant", "export", name, "--to", str(tmp_path)],
        env=installation.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.quarterdeck-backup")
    assert mark not in archive.read_bytes()  # It is sealed,
    refused = subprocess.run(
        [sys.executable, "-m", "core.cli", "tenant", "run", other(name), "drill", str(archive)],
        env=installation.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1  # and the other tenant's key opens nothing.
    assert "sealed with key" in refused.stderr
    contents = {path: path.read_bytes() for path in installation.tenants[name].folder.rglob("*") if path.is_file()}
    assert any(mark in content for content in contents.values())
    assert [str(path) for path, content in contents.items() if strange in content] == []


def test_every_line_of_the_log_says_whose_it_is_and_no_secret_was_passed_on(installation):
    lines = installation.log.read_text(encoding="utf-8", errors="replace").splitlines()
    structured = [line for line in lines if re.match(r"\d{4}-\d\d-\d\dT", line)]
    assert structured
    assert [line for line in structured if not re.search(r"tenant=(north|south)", line)] == []
    for name in NAMES:
        own = [line for line in structured if f"tenant={name}" in line]
        assert not any(MARKS[other(name)] in line for line in own)
    environments = b"".join(
        path.read_bytes() for tenant in installation.tenants.values() for path in _environments(tenant.port)
    )
    assert environments
    assert b"never passed on" not in environments


def _environments(port):
    """Return the environment files of the processes that serve a port."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"--port\0{port}\0".encode() in (folder / "cmdline").read_bytes():
                yield folder / "environ"
        except OSError:
            continue
