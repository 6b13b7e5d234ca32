"""Tokens of the identity provider open the API for the person they name, and only while they are all they must be."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.testclient import TestClient

from core.api.application import _Tokens, application
from core.api.bearer_tokens import BearerTokens, Provider, configured
from core.config.settings import AccessRule, Person
from core.contracts.errors import AccessError, ConfigError
from core.store import Store

NOW = datetime(2026, 5, 18, 9, tzinfo=UTC)
ISSUER, API = "https://id.example.com", "api://quarterdeck"
GOOD = {"iss": ISSUER, "aud": API, "sub": "42", "email": "Ana@example.com", "exp": int(NOW.timestamp()) + 300}


class Issuer:
    """An identity provider."""

    def __init__(self):
        self.keys = [RSAKey.generate_key(2048, {"kid": "one"})]
        self.n_asked, self.is_away = 0, False

    def fetch(self, url):
        self.n_asked += 1
        if self.is_away:
            raise httpx.ConnectError("away")
        if url.endswith("/keys"):
            return KeySet(self.keys).as_dict(private=False)
        return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}

    def token(self, key=None, algorithm="RS256", **claims):
        chosen = key or self.keys[-1]
        values = {name: value for name, value in (GOOD | claims).items() if value is not None}
        return jwt.encode(
            {"alg": algorithm, "kid": chosen.kid, "typ": "at+jwt"}, values, chosen, algorithms=[algorithm]
        )


@pytest.fixture(scope="module")
def issuer():
    return Issuer()


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def checker(issuer, clock):
    return BearerTokens(Provider(f"{ISSUER}/.well-known", API), lambda: clock[0], issuer.fetch)


def test_a_good_token_names_its_person(checker, issuer):
    assert checker.check(issuer.token()).user == "ana@example.com"
    assert checker.check(issuer.token(email=None)).user == "42"
    assert checker.check(issuer.token(aud=["other", API])).user == "ana@example.com"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example.com"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": int(NOW.timestamp()) - 61},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": int(NOW.timestamp()) + 300},
        {"iat": int(NOW.timestamp()) + 300},
        {"nonce": "n"},
        {"email_verified": False},
        {"email": " ", "sub": None},
    ],
)
def test_a_token_that_lacks_anything_is_refused(checker, issuer, claims):
    with pytest.raises(AccessError, match="none of this installation's"):
        checker.check(issuer.token(**claims))


def test_a_token_of_other_keys_or_ways_to_sign_is_refused(checker, issuer):
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    whole = issuer.token()
    head, body, _ = whole.split(".")
    unsigned = "eyJhbGciOiJub25lIn0." + body + "."
    signed = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=") + "." + body
    mark = hmac.new(issuer.keys[0].as_pem(private=False), signed.encode(), "sha256").digest()
    shared = f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"
    wrong = [issuer.token(stranger), shared, unsigned, whole[:-4] + "AAAA", "x", "a.b.c", "y" * 20_000]
    for token in [*wrong, f"{head}.{body}."]:
        with pytest.raises(AccessError):
            checker.check(token)


def test_new_keys_are_fetched_and_old_ones_hold_while_the_provider_is_away(issuer, clock):
    provider = Provider(f"{ISSUER}/.well-known", API)
    checker = BearerTokens(provider, lambda: clock[0], issuer.fetch)
    old = issuer.token()
    checker.check(old)
    issuer.keys.append(ECKey.generate_key("P-256", {"kid": "two"}))
    new = issuer.token(algorithm="ES256")
    with pytest.raises(AccessError):
        checker.check(new)
    clock[0] = datetime.fromtimestamp(NOW.timestamp() + 61, UTC)
    assert checker.check(new).user == "ana@example.com"
    n_before, issuer.is_away = issuer.n_asked, True
    clock[0] = datetime.fromtimestamp(NOW.timestamp() + 200, UTC)
    assert checker.check(old).user == "ana@example.com"
    assert issuer.n_asked == n_before
    with pytest.raises(AccessError, match="does not answer"):
        BearerTokens(provider, lambda: clock[0], issuer.fetch).check(old)
    issuer.is_away = False
    issuer.keys.pop()


def test_the_provider_is_the_one_people_sign_in_with(tmp_path, monkeypatch, small_settings):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".streamlit" / "secrets.toml"
    assert configured() is None
    file.parent.mkdir()
    file.write_text('[auth]\nserver_metadata_url = "https://id/x"\nclient_id = "qd"\n', encoding="utf-8")
    assert configured() == Provider("https://id/x", "qd")
    tokens, access = _Tokens(), small_settings.access.model_copy(update={"sign_in": "oidc"})
    signed = small_settings.model_copy(update={"access": access})
    assert tokens(small_settings) is None
    assert tokens(signed) is tokens(signed) is not None
    file.write_text(file.read_text(encoding="utf-8") + 'api_audience = "api://x"\n', encoding="utf-8")
    assert configured() == Provider("https://id/x", "api://x")
    file.write_text("[auth", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        configured()


def test_a_token_opens_what_its_person_may(small, small_settings, tmp_path, issuer, checker):
    access = small_settings.access.model_copy(
        update={
            "sign_in": "oidc",
            "people": {"ana@example.com": Person(roles=("leader",), regions=("EMEA",))},
            "groups": {"engineers": AccessRule(roles=("sales_engineer",))},
        }
    )
    settings = small_settings.model_copy(update={"access": access})
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    api = application(lambda: settings, lambda _: small, lambda _: store, 100_000, lambda _: checker)
    client = TestClient(api)

    def me(token):
        return client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

    ana = me(issuer.token()).json()
    assert (ana["user"], ana["roles"]) == ("ana@example.com", ["leader"])
    ed = me(issuer.token(email="ed@example.com", groups=["engineers"])).json()
    assert ed["roles"] == ["sales_engineer"]
    assert me(issuer.token(email="eve@example.com")).status_code == 403
    assert me(issuer.token(aud="other")).status_code == 401
    own, _ = store.api_keys.make("test", "ana@example.com", "test")
    assert me(own).status_code == 200, "keys open as before"
    store.close()
