"""What an identity provider may get wrong, or somebody in between: no fault signs anybody in."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk, jwt
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.testclient import TestClient
from streamlit import auth_util
from streamlit.runtime.secrets import AttrDict
from streamlit.web.server.starlette import starlette_auth_routes as routes

from pages.ui.server import provider_client

KEY, FOREIGN = (jwk.RSAKey.generate_key(2048, {"kid": "one"}) for _ in range(2))
SECRET = "a secret of the tests that is long enough"


class Provider(ThreadingHTTPServer):
    """Answers as an identity provider does, with the claims a test gives it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.claims, self.key, self.nonce = {}, KEY, ""
        self.metadata, self.userinfo, self.n_asked = {}, {}, 0
        self.header = {"alg": "RS256", "kid": "one"}

    def token(self):
        now = int(time.time())
        usual = {"iss": self.address, "aud": "quarterdeck", "sub": "ana", "email": "ana@example.com", "iat": now}
        claims = usual | {"exp": now + 300, "nonce": self.nonce} | self.claims
        return jwt.encode(self.header, {k: v for k, v in claims.items() if v is not None}, self.key)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        here = self.server.address
        if "well-known" in self.path:
            self.answer(
                {
                    "issuer": here,
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "jwks_uri": f"{here}/keys",
                    "end_session_endpoint": f"{here}/end",
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
                | self.server.metadata
            )
        elif self.path == "/userinfo":
            self.server.n_asked += 1
            self.answer(self.server.userinfo, 200 if self.headers["Authorization"] == "Bearer a" else 401)
        else:
            self.answer({"keys": [KEY.as_dict(private=False)]})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"access_token": "a", "token_type": "Bearer", "id_token": self.server.token()})

    def answer(self, content, status=200):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return


@pytest.fixture
def provider():
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(provider, monkeypatch):
    section = AttrDict(
        {
            "redirect_uri": "http://testserver/oauth2callback",
            "cookie_secret": SECRET,
            "client_id": "quarterdeck",
            "client_secret": "secret",
            "server_metadata_url": f"{provider.address}/.well-known/openid-configuration",
        }
    )
    for module in (routes, auth_util):
        monkeypatch.setattr(module, "get_secrets_auth_section", lambda: section)
    monkeypatch.setattr(routes, "get_cookie_secret", lambda: SECRET)
    monkeypatch.setattr(auth_util, "get_signing_secret", lambda: SECRET)
    monkeypatch.setattr(routes, "_create_streamlit_oauth_class", routes._create_streamlit_oauth_class)
    provider_client.install(("groups", "roles"))
    app = Starlette(routes=routes.create_auth_routes(""), middleware=[Middleware(SessionMiddleware, secret_key=SECRET)])
    return TestClient(app, follow_redirects=False)


def asked(client, provider):
    """Begin to sign in, and return the state the provider was given."""
    token = auth_util.encode_provider_token("default")
    answer = client.get("/auth/login", params={"provider": token})
    words = parse_qs(urlsplit(answer.headers["location"]).query)
    provider.nonce = words["nonce"][0]
    return words["state"][0]


def signs_in(client, state):
    answer = client.get("/oauth2callback", params={"code": "c", "state": state})
    assert answer.status_code == 302
    assert answer.headers["location"] == "/"
    cookies = [c for c in answer.headers.get_list("set-cookie") if c.startswith("_streamlit_user=")]
    return any("Max-Age=0" not in cookie for cookie in cookies)


def test_a_sound_token_signs_in_once_and_a_replayed_state_not_again(client, provider):
    state = asked(client, provider)
    assert signs_in(client, state)
    assert not signs_in(client, state)


NOW = int(time.time())
FAULTS = {
    "another audience": {"aud": "another-app"},
    "several audiences without ours": {"aud": ["a", "b"]},
    "expired": {"iat": NOW - 7_200, "exp": NOW - 3_600},
    "no expiry": {"exp": None},
    "issued in an hour": {"iat": NOW + 3_600, "exp": NOW + 7_200},
    "another issuer": {"iss": "https://evil.example.com"},
    "another nonce": {"nonce": "replayed"},
    "no nonce": {"nonce": None},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_token_signs_nobody_in(client, provider, fault):
    state = asked(client, provider)
    provider.claims = FAULTS[fault]
    assert not signs_in(client, state)


def test_a_clock_a_minute_apart_is_borne(client, provider):
    for seconds in (-60, 60):
        state = asked(client, provider)
        provider.claims = {"iat": int(time.time()) + seconds}
        assert signs_in(client, state), seconds


def test_a_token_of_a_foreign_key_or_of_none_signs_nobody_in(client, provider):
    state = asked(client, provider)
    provider.key = FOREIGN
    assert not signs_in(client, state)


def test_a_state_of_another_browser_or_made_up_signs_nobody_in(client, provider):
    state = asked(client, provider)
    assert not signs_in(TestClient(client.app, follow_redirects=False), state)
    assert not signs_in(client, "made-up")


def test_signing_out_ends_at_the_provider_too(client, provider):
    assert signs_in(client, asked(client, provider))
    answer = client.get("/auth/logout")
    assert answer.headers["location"].startswith(f"{provider.address}/end?")
    assert "id_token_hint" in answer.headers["location"]
    assert any("_streamlit_user=" in c and "Max-Age=0" in c for c in answer.headers.get_list("set-cookie"))


@pytest.fixture
def noted(monkeypatch):
    """The claims of each sign-in, as they go into the cookie."""
    claims, original = [], routes._set_auth_cookie

    async def set_auth_cookie(response, user_info, tokens):
        claims.append(user_info)
        await original(response, user_info, tokens)

    monkeypatch.setattr(routes, "_set_auth_cookie", set_auth_cookie)
    return claims


def test_claims_that_the_token_lacks_come_from_the_userinfo_endpoint(client, provider, noted):
    provider.metadata = {"userinfo_endpoint": f"{provider.address}/userinfo"}
    provider.claims = {"email": None, "name": "Ana"}
    provider.userinfo = {"sub": "ana", "iss": "https://evil.example.com", "email": "ana@example.com", "name": "Another"}
    provider.userinfo |= {"groups": ["sales-emea"], "email_verified": False, "nonce": "another"}
    assert signs_in(client, asked(client, provider))
    assert noted[0]["email"] == "ana@example.com"
    assert noted[0]["groups"] == ["sales-emea"]
    assert noted[0]["email_verified"] is False
    assert noted[0]["name"] == "Ana"
    assert noted[0]["iss"] == provider.address
    assert noted[0]["nonce"] == provider.nonce


def test_a_token_that_says_everything_asks_for_nothing_more(client, provider, noted):
    provider.metadata = {"userinfo_endpoint": f"{provider.address}/userinfo"}
    provider.claims = {"roles": []}
    assert signs_in(client, asked(client, provider))
    assert provider.n_asked == 0


@pytest.mark.parametrize("answer", [{"sub": "bo", "email": "bo@example.com"}, {"email": "bo@example.com"}, b"no", []])
def test_an_answer_about_somebody_else_or_that_is_none_adds_nothing(client, provider, noted, answer):
    provider.metadata = {"userinfo_endpoint": f"{provider.address}/userinfo"}
    provider.claims, provider.userinfo = {"email": None}, answer
    assert signs_in(client, asked(client, provider))
    assert provider.n_asked == 1
    assert "email" not in noted[0]


@pytest.mark.parametrize("address", ["{}/nowhere-at-all", "http://127.0.0.1:9/userinfo"])
def test_an_endpoint_that_does_not_answer_adds_nothing(client, provider, noted, address):
    provider.metadata = {"userinfo_endpoint": address.format(provider.address)}
    provider.claims = {"email": None}
    assert signs_in(client, asked(client, provider))
    assert "email" not in noted[0]


PROMPTS = [
    (None, ["select_account"]),
    (["none", "login", "consent"], None),
    (["login", "select_account"], ["select_account"]),
]


@pytest.mark.parametrize(("supported", "prompt"), PROMPTS)
def test_a_choice_of_accounts_is_asked_for_unless_the_provider_has_none(client, provider, supported, prompt):
    provider.metadata = {"prompt_values_supported": supported}
    answer = client.get("/auth/login", params={"provider": auth_util.encode_provider_token("default")})
    assert parse_qs(urlsplit(answer.headers["location"]).query).get("prompt") == prompt


def test_installing_twice_installs_once(client):
    once = routes._create_streamlit_oauth_class.original
    provider_client.install(("groups",))
    assert routes._create_streamlit_oauth_class.original is once
