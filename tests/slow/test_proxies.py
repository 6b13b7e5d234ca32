"""The shipped proxy files, in front of the running app: a page, its websocket, headers, large cookies, one server."""

from __future__ import annotations

import base64
import http.client
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browsers import FLAGS
from tests.servers import free_port, serving
from tests.slow.certificates import certificate

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("proxies")]
SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "proxies"
PATIENCE = 180_000.0
NAME, SECRET = "sales.example.com", "only for this test and long enough"
ENVIRONMENT = {"QUARTERDECK_PROXY_SECRET": SECRET}
OPEN = f"access:\n  hosts: [{NAME}]\n"
BY_HEADER = f"""access:
  sign_in: header
  hosts: [{NAME}]
  people: {{ana@example.com: {{roles: [leader], name: Ana Silva}}}}
  groups: {{sales-emea: {{roles: [leader], regions: [EMEA]}}}}
"""
WHO = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.headers.get("Cookie", "").partition("who=")[2].partition(";")[0]
        self.send_response(202 if name else 401)
        if name:
            self.send_header("X-Auth-Request-Email", name)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def ways():
    """Give a folder, which servers under accounts of their own can read, with a certificate for the shipped name."""
    with tempfile.TemporaryDirectory(prefix="proxies-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        chain, key = certificate(NAME)
        (folder / "fullchain.pem").write_bytes(chain)
        (folder / "privkey.pem").write_bytes(key)
        (folder / "haproxy.pem").write_bytes(chain + key)
        yield folder


@pytest.fixture(scope="module")
def app(small_settings, small_bundle, tmp_path_factory):
    """Start the app for one of the two ways of signing in; each is started once."""
    started = {}
    with ExitStack() as running:

        def at(settings):
            if settings not in started:
                folder = tmp_path_factory.mktemp("behind")
                (folder / "quarterdeck.yaml").write_text(settings, encoding="utf-8")
                env = ENVIRONMENT | {
                    "QUARTERDECK_HOME": str(small_settings.home),
                    "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 's.db'}",
                }
                started[settings] = running.enter_context(serving(folder, env)).rpartition(":")[2]
            return started[settings]

        yield at


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as play:
        flags = [*FLAGS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
        chromium = play.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


def fitted(file, ways, app_port, tls, plain):
    """Return a shipped file with the ports and folders of this test in place of those of an installation."""
    text = (SHIPPED / file).read_text(encoding="utf-8")
    for shipped, here in {
        "127.0.0.1:8501": f"127.0.0.1:{app_port}",
        "/etc/ssl/quarterdeck": str(ways),
        "/etc/nginx/quarterdeck.d": str(ways / "nginx.d"),
        "/etc/apache2/mellon": str(ways / "mellon"),
        "listen 443": f"listen {tls}",
        "listen 80": f"listen {plain}",
        "bind :443": f"bind 127.0.0.1:{tls}",
        "bind :80": f"bind 127.0.0.1:{plain}",
        f"{NAME}:443": f"{NAME}:{tls}",
        f"{NAME}:80": f"{NAME}:{plain}",
        "*:443": f"127.0.0.1:{tls}",
        "*:80": f"127.0.0.1:{plain}",
        "auto_https disable_redirects": "auto_https disable_redirects\n\tadmin off",
        "PUT-THE-SECRET-HERE": f'"{SECRET}"' if file.endswith("saml.conf") else SECRET,
    }.items():
        text = text.replace(shipped, here)
    return text


def nginx(ways, text, tls):
    (ways / "nginx.d").mkdir(exist_ok=True)
    (ways / "site.conf").write_text(text, encoding="utf-8")
    temporary = "".join(
        f"{kind}_temp_path {ways / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    http = f"http {{ access_log off; {temporary} include {ways / 'site.conf'}; }}"
    main = f"pid {ways / 'nginx.pid'}; error_log stderr; events {{}} {http}"
    (ways / "nginx.conf").write_text(main, encoding="utf-8")
    return ["nginx", "-g", "daemon off;", "-c", str(ways / "nginx.conf")]


def haproxy(ways, text, tls):
    (ways / "haproxy.cfg").write_text(text, encoding="utf-8")
    return ["haproxy", "-W", "-f", str(ways / "haproxy.cfg")]


def caddy(ways, text, tls):
    (ways / "Caddyfile").write_text(text, encoding="utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(ways / "Caddyfile")]


def apache(ways, text, tls):
    modules = (
        "mpm_event authn_core authz_core authz_user auth_mellon env headers proxy proxy_http proxy_balancer "
        "slotmem_shm proxy_hcheck lbmethod_byrequests ssl socache_shmcb alias"
    ).split()
    loads = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules]
    ports = [line.split()[1].rstrip(">") for line in text.splitlines() if line.startswith("<VirtualHost")]
    files = [f"PidFile {ways / 'apache.pid'}", f"ErrorLog {ways / 'apache.log'}", f"DefaultRuntimeDir {ways}"]
    head = [f"ServerRoot {ways}", "ServerName localhost", *files, "User daemon", "Group daemon"]
    lines = [*head, *loads, *(f"Listen {p}" for p in ports), text]
    (ways / "apache.conf").write_text("\n".join(lines), encoding="utf-8")
    return ["apache2", "-DFOREGROUND", "-f", str(ways / "apache.conf")]


@contextmanager
def proxied(make, file, ways, app_port):
    """Give the ports for TLS and without, of a proxy that runs with a shipped file."""
    tls, plain = free_port(), free_port()
    command = make(ways, fitted(file, ways, app_port, tls, plain), tls)
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    with (ways / f"{command[0]}.out").open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, env=os.environ | {"HOME": str(ways)}
        )
    try:
        for _ in range(100):
            assert process.poll() is None, (ways / f"{command[0]}.out").read_text()[-1_500:]
            if answers(tls):
                break
            time.sleep(0.2)
        yield tls, plain
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # A proxy that is asked waits for pages that are open.
        process.wait(20)


@contextmanager
def visitor(browser, **more):
    """Give a page of a new visitor, who waits as long as a busy machine takes."""
    context = browser.new_context(ignore_https_errors=True, **more)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def answers(tls):
    try:
        return asked(tls, "/_stcore/health")[0] < 500
    except OSError:
        return False


def asked(port, path, headers=None, is_tls=True, method="GET", body=None):
    """Return status, headers and body of an answer; the certificate is looked at."""
    if is_tls:
        trusted = ssl.create_default_context()
        trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusted, timeout=20)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {"Host": f"{NAME}:{port}", **(headers or {})})
    answer = connection.getresponse()
    out = answer.status, answer.headers, answer.read()
    connection.close()
    return out


def downloads_moves_and_reloads(page, address):
    """Download a page, move a slider by its websocket, and find it where it was after a reload."""
    button = page.get_by_role("button", name="Download as notebook")
    expect(button).to_be_visible(timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        button.click()
    assert download.value.suggested_filename.endswith(".ipynb")
    page.goto(f"{address}/scenarios")
    slider = page.get_by_role("slider", name="Win rate")
    expect(slider).to_be_visible(timeout=PATIENCE)
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("win_rate=5"), timeout=PATIENCE)
    page.reload()
    expect(page.get_by_role("slider", name="Win rate")).to_have_value("5", timeout=PATIENCE)


def uploads(page, address):
    """Hand a file of 2 MB in, and read what is in it."""
    head = "opportunity_id,stage,amount,created_on,close_on"
    rows = "".join(f"X{n:06},Discovery,1000,2026-01-05,2026-06-30\n" for n in range(40_000))
    page.goto(f"{address}/data")
    expect(page.get_by_role("heading", name="Loaded data")).to_be_visible(timeout=PATIENCE)
    file = {"name": "opportunities.csv", "mimeType": "text/csv", "buffer": f"{head}\n{rows}".encode()}
    page.locator("input[type=file]").first.set_input_files(files=[file])
    expect(page.get_by_text("opportunities.csv").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("radio", name="5 Check and use").click()
    expect(page.get_by_text("Deals: 40,000 read of 40,000 rows")).to_be_visible(timeout=PATIENCE)


PROXIES = [(nginx, "nginx.conf"), (haproxy, "haproxy.cfg"), (caddy, "Caddyfile")]


@pytest.mark.parametrize(("make", "file"), PROXIES, ids=[file for _, file in PROXIES])
def test_a_page_opens_by_its_websocket_over_tls_and_nobody_names_themselves(make, file, ways, app, browser):
    with proxied(make, file, ways, app(OPEN)) as (tls, plain):
        status, headers, body = asked(
            tls, "/_stcore/health", {"Cookie": "; ".join(f"c{n}={'x' * 3_000}" for n in range(8))}
        )
        assert (status, body) == (200, b"ok"), "24 kB of cookies were refused"
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert headers["X-Content-Type-Options"] == "nosniff"
        route = next(
            cookie for cookie in headers.get_all("Set-Cookie") or [] if cookie.startswith("quarterdeck_route=")
        )
        assert {"HttpOnly", "Secure"} <= set(route.split("; ")) or file == "Caddyfile"
        again = asked(tls, "/_stcore/health", {"Cookie": route.partition(";")[0]})[1].get_all("Set-Cookie") or []
        assert not [cookie for cookie in again if cookie.startswith("quarterdeck_route=")]
        status, headers, _ = asked(plain, "/pipeline?region=EMEA", is_tls=False)
        assert (status, headers["Location"].partition("/pipeline")[2]) == (301, "?region=EMEA")
        assert headers["Location"].startswith(f"https://{NAME}")
        if file != "Caddyfile":  # Caddy counts what arrives, and does not look at what is announced.
            assert asked(tls, "/_stcore/health", {"Content-Length": "230000000"}, method="POST")[0] == 413
        with visitor(browser) as page:
            page.goto(f"https://{NAME}:{tls}/")
            expect(page.get_by_role("heading", name="Key figures")).to_be_visible(timeout=PATIENCE)
            downloads_moves_and_reloads(page, f"https://{NAME}:{tls}")
            uploads(page, f"https://{NAME}:{tls}")
    with proxied(make, file, ways, app(BY_HEADER)) as (tls, _):
        forged = {"X-Forwarded-Email": "ana@example.com", "X-Quarterdeck-Proxy-Secret": SECRET}
        with visitor(browser, extra_http_headers=forged) as page:
            page.goto(f"https://{NAME}:{tls}/")
            expect(page.get_by_text("Nobody is signed in")).to_be_visible(timeout=PATIENCE)


def test_nginx_lets_in_whom_the_service_beside_it_names(ways, app, browser):
    port = free_port()
    beside = subprocess.Popen([sys.executable, "-c", WHO.replace("PORT", str(port))])
    (ways / "nginx.d").mkdir(exist_ok=True)
    extra = ways / "nginx.d" / "auth.conf"
    text = (SHIPPED / "nginx-auth-request.conf").read_text(encoding="utf-8")
    extra.write_text(text.replace("4180", str(port)).replace("PUT-THE-SECRET-HERE", SECRET), encoding="utf-8")
    try:
        with proxied(nginx, "nginx.conf", ways, app(BY_HEADER)) as (tls, _):
            with visitor(browser, extra_http_headers={"X-Forwarded-Email": "eve@x.com"}) as page:
                who = {"name": "who", "value": "ana@example.com", "url": f"https://{NAME}:{tls}"}
                page.context.add_cookies([who])
                page.goto(f"https://{NAME}:{tls}/")
                expect(page.get_by_text("Ana Silva, leader")).to_be_visible(timeout=PATIENCE)
            assert asked(tls, "/")[0] in (401, 302, 404)
    finally:
        extra.unlink()
        beside.terminate()
        beside.wait(10)


SP = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://{host}/mellon/metadata">
<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true">
<KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{certificate}
</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://{host}/mellon/logout"/>
<AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
 Location="https://{host}/mellon/postResponse"/></SPSSODescriptor></EntityDescriptor>"""
IDP = {
    "config.php": """<?php $config = [
 'baseurlpath' => '{idp}/', 'secretsalt' => 'only for this test', 'auth.adminpassword' => 'nobody',
 'certdir' => '{folder}/', 'metadatadir' => '{folder}/metadata/', 'datadir' => '{folder}/',
 'tempdir' => '{folder}/tmp/', 'loggingdir' => '{folder}/', 'logging.handler' => 'errorlog',
 'enable.saml20-idp' => true, 'timezone' => 'UTC',
 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
 'store.type' => 'phpsession',
 'session.cookie.secure' => false, 'session.cookie.samesite' => null, 'session.phpsession.cookiename' => 'idp',
 'session.phpsession.savepath' => '{folder}/tmp', 'metadata.sources' => [['type' => 'flatfile']],
];""",
    "authsources.php": """<?php $config = ['people' => ['exampleauth:UserPass',
 'ana:secret' => ['uid' => ['ana'], 'mail' => ['ana@example.com'], 'groups' => ['x', 'y']],
 'cy:secret' => ['uid' => ['cy'], 'mail' => ['cy@example.com'], 'groups' => ['x', 'sales-emea']],
 'eve:secret' => ['uid' => ['eve'], 'mail' => ['eve@example.com'], 'groups' => ['x']]]];""",
    "metadata/saml20-idp-hosted.php": """<?php $metadata['{idp}/idp'] = ['host' => '__DEFAULT__', 'auth' => 'people',
 'privatekey' => 'idp.key', 'certificate' => 'idp.cert', 'signature.algorithm' =>
 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'];""",
    "metadata/saml20-sp-remote.php": """<?php $metadata['https://{host}/mellon/metadata'] = [
 'AssertionConsumerService' => 'https://{host}/mellon/postResponse',
 'SingleLogoutService' => 'https://{host}/mellon/logout',
 'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'];""",
}


@contextmanager
def identity_provider(folder, host):
    """Run SimpleSAMLphp of Debian with three people, and give its address."""
    web = Path("/usr/share/simplesamlphp/www")
    if shutil.which("php") is None or not web.is_dir():
        pytest.skip("SimpleSAMLphp is not installed")
    idp = f"http://127.0.0.1:{free_port()}"
    (folder / "metadata").mkdir(parents=True)
    (folder / "tmp").mkdir()
    chain, key = certificate("idp.example.com")
    (folder / "idp.cert").write_bytes(chain)
    (folder / "idp.key").write_bytes(key)
    for name, text in IDP.items():
        filled = text.replace("{idp}", idp).replace("{folder}", str(folder)).replace("{host}", host)
        (folder / name).write_text(filled, encoding="utf-8")
    env = os.environ | {"SIMPLESAMLPHP_CONFIG_DIR": str(folder), "PHP_CLI_SERVER_WORKERS": "3"}
    command = ["php", "-S", idp.removeprefix("http://"), "-t", str(web)]
    with (folder / "php.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env, start_new_session=True)
    try:
        time.sleep(2)
        assert process.poll() is None, (folder / "php.out").read_text()
        yield idp
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def fetched(address):
    connection = http.client.HTTPConnection(address.removeprefix("http://").partition("/")[0], timeout=30)
    connection.request("GET", "/" + address.removeprefix("http://").partition("/")[2])
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()[-1_000:]
    return answer.read()


def test_saml_signs_people_in_by_a_real_identity_provider(ways, app, browser, tmp_path):
    """Apache with mod_auth_mellon in front, SimpleSAMLphp as the identity provider: roles by mail and by group."""
    mellon = ways / "mellon"
    mellon.mkdir()
    chain, key = certificate(NAME)
    (mellon / "sp.cert").write_bytes(chain)
    (mellon / "sp.key").write_bytes(key)
    plain_certificate = base64.b64encode(ssl.PEM_cert_to_DER_cert(chain.decode())).decode()
    tls, plain = free_port(), free_port()
    host = f"{NAME}:{tls}"
    (mellon / "sp.xml").write_text(SP.format(host=host, certificate=plain_certificate), encoding="utf-8")
    with identity_provider(tmp_path / "idp", host) as idp:
        (mellon / "idp.xml").write_bytes(fetched(f"{idp}/saml2/idp/metadata.php?output=xml"))
        text = fitted("apache-saml.conf", ways, app(BY_HEADER), tls, plain)
        command = apache(ways, text, tls)
        if shutil.which(command[0]) is None:
            pytest.skip("Apache is not installed")
        server = subprocess.Popen(command, start_new_session=True)
        try:
            time.sleep(2)
            assert server.poll() is None
            forged = {"X-Forwarded-Email": "ana@example.com", "X-Quarterdeck-Proxy-Secret": SECRET}
            status, headers, _ = asked(tls, "/pipeline", forged)
            assert (status, headers["Location"].startswith(f"https://{host}/mellon/login")) == (303, True)
            for user, sentence in (
                ("ana", "Ana Silva, leader"),
                ("cy", "Showing: EMEA"),
                ("eve", "no role here"),
            ):
                with visitor(browser) as page:
                    page.goto(f"https://{host}/pipeline")
                    page.fill("#username", user)
                    page.fill("#password", "secret")
                    page.keyboard.press("Enter")
                    expect(page.get_by_text(sentence).first).to_be_visible(timeout=PATIENCE)
                    assert page.url.startswith(f"https://{host}/pipeline")
                    if user == "ana":
                        downloads_moves_and_reloads(page, f"https://{host}")
                        uploads(page, f"https://{host}")
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
            server.wait(20)
