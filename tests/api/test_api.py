"""The API answers what the pages show: with the owner's rows and rights, in pages, as problems where it cannot."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from core import metrics
from core.access import can, masking
from core.access.directory import in_force
from core.api import limits, measure_registry, paging
from core.api.application import application
from core.api.problems import ApiError, status_of
from core.cli import app as command_line
from core.config.stages import fitted
from core.contracts.errors import ConflictError, ContractError, QuarterdeckError, StoreError
from core.interactions import interaction_view
from core.jobs.job_kinds import LEARN, MODELS
from core.store import Store

PEOPLE = {
    "boss@example.com": {"roles": ["admin"]},
    "emea@example.com": {"roles": ["leader"], "regions": ["EMEA"]},
    "guest@example.com": {"roles": ["presales"], "mask_names": True},
}
CALLER = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def company(small, small_settings, tmp_path_factory):
    """The small company with people who sign in, and a database of its own."""
    folder = tmp_path_factory.mktemp("api")
    access = small_settings.access.model_copy(
        update={"sign_in": "header", "people": {u: _person(values) for u, values in PEOPLE.items()}}
    )
    settings = small_settings.model_copy(update={"access": access, "database_url": f"sqlite:///{folder / 'store.db'}"})
    store = Store.open(settings.database)
    yield settings, small, store
    store.close()


def _person(values):
    from core.config.settings import Person

    return Person(**values)


@pytest.fixture(scope="module")
def api(company):
    settings, data, store = company
    return application(lambda: settings, lambda _: data, lambda _: store, a_minute=1_000_000)


@pytest.fixture(scope="module")
def client(api):
    return TestClient(api, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def tokens(company):
    _, _, store = company
    made = {user: store.api_keys.make("test", user, "test")[0] for user in PEOPLE}
    made["narrow"] = store.api_keys.make("narrow", "boss@example.com", "test", ("pipeline:read",))[0]
    made["service"] = store.api_keys.make("bi", "service bi", "test", roles=("leader",))[0]
    return made


@pytest.fixture(scope="module")
def ask(client, tokens):
    def asked(path, who="boss@example.com", method="GET", **options):
        headers = {"Authorization": f"Bearer {tokens[who]}"} | options.pop("headers", {})
        return client.request(method, path, headers=headers, **options)

    return asked


def test_nobody_is_answered_without_a_key_that_opens_something(client, company):
    _, _, store = company
    assert client.get("/openapi.json").status_code == 200
    assert "Win rate" in client.get("/docs").text
    token, key = store.api_keys.make("short", "boss@example.com", "test", days=1)
    wrong = [
        "",
        "Bearer",
        "Bearer x",
        f"Basic {token}",
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        f"Bearer {token[3:]}",
    ]
    for header in wrong:
        answer = client.get("/v1/me", headers={"Authorization": header} if header else {})
        assert answer.status_code == 401, header
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).json()["user"] == "boss@example.com"
    store.api_keys.revoke(key.prefix, "test")
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_key_ends_and_is_never_kept_as_it_is(company, tmp_path):
    clock = [datetime(2026, 5, 4, tzinfo=UTC)]
    store = Store.open(f"sqlite:///{tmp_path / 'keys.db'}", lambda: clock[0])
    token, made = store.api_keys.make("BI", "ana", "ben", days=2)
    secret = token.rpartition("_")[2] if token.count("_") == 2 else token.split("_", 2)[2]
    assert store.api_keys.check(token).prefix == made.prefix
    clock[0] += timedelta(days=2)
    with pytest.raises(QuarterdeckError, match="not known, has ended or was revoked"):
        store.api_keys.check(token)
    (key,) = store.api_keys.list("ana")
    assert key.used_at is not None
    assert store.audit.newest().select("user", "action").rows() == [("ben", "made an API key")]
    store.close()
    assert not [f for f in tmp_path.iterdir() if secret.encode() in f.read_bytes()]
    store = Store.open(f"sqlite:///{tmp_path / 'keys.db'}")
    with pytest.raises(StoreError, match="There is no key"):
        store.api_keys.revoke("nothing", "ben")
    with pytest.raises(StoreError, match="needs a name"):
        store.api_keys.make(" ", "ana", "ben")
    store.close()


def test_every_measure_is_the_page_s_own(ask, company):
    settings, data, store = company
    own = fitted(settings, data)
    interactions = interaction_view.of(data, own, store)
    listed = ask("/v1/measures").json()
    assert {entry["name"] for entry in listed} == {f"{e.group}.{e.name}" for e in measure_registry.entries()}
    assert len(listed) >= 30
    for entry in measure_registry.entries():
        if any(argument.default is argument.empty for argument in entry.arguments):
            continue
        answer = ask(f"/v1/measures/{entry.group}/{entry.name}")
        assert answer.status_code == 200, answer.text
        measure = entry.measured(data, own, interactions)
        content = answer.json()
        assert content["sentence"] == measure.sentence()
        assert content["n_rows"] == measure.frame.height
        assert content["value"] == pytest.approx(measure.value, nan_ok=True) or content["value"] is None


def test_what_a_measure_takes_is_checked_and_passed_on(ask, company):
    settings, data, _ = company
    value = ask("/v1/measures/winrate/win_rate", params={"months": 3}).json()["value"]
    assert value == metrics.winrate.win_rate(data, fitted(settings, data), months=3).value
    assert ask("/v1/measures/winrate/win_rate", params={"months": 0}).status_code == 422
    assert ask("/v1/measures/winrate/win_rate", params={"months": "x"}).json()["where"] == "query.months"
    assert ask("/v1/measures/bookings/in_period").status_code == 422
    odd = ask("/v1/measures/growth/table", params={"measure": "nothing"})
    assert odd.status_code in (404, 422)


def test_an_answer_narrows_to_a_scope_and_a_period(ask, company):
    _, data, _ = company
    whole = ask("/v1/measures/pipeline/open_pipeline").json()
    part = ask("/v1/measures/pipeline/open_pipeline", params={"region": "EMEA"}).json()
    assert 0 < part["value"] < whole["value"]
    assert ask("/v1/measures/pipeline/open_pipeline", params={"region": "Atlantis"}).status_code == 404
    past = ask("/v1/measures/pipeline/open_pipeline", params={"period": "last quarter"}).json()
    assert date.fromisoformat(past["as_of"]) < data.as_of
    assert ask("/v1/measures/pipeline/open_pipeline", params={"period": "custom"}).status_code == 422
    assert "EMEA" in ask("/v1/scope").json()["region"]


def test_rows_come_a_page_at_a_time(ask, company):
    _, data, _ = company
    ids, cursor = [], ""
    while True:
        page = ask("/v1/deals", params={"limit": 500, "cursor": cursor}).json()
        ids += [row["opportunity_id"] for row in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(ids) == sorted(data.opportunities["opportunity_id"])
    assert page["n_rows"] == len(ids)
    assert ask("/v1/deals", params={"limit": 0}).status_code == 422
    assert ask("/v1/deals", params={"cursor": "nonsense"}).status_code == 422
    first = ask("/v1/deals", params={"limit": 1}).json()["next"]
    assert ask("/v1/deals", params={"limit": 1, "cursor": first, "region": "EMEA"}).status_code == 409
    open_only = ask("/v1/deals", params={"open": True, "limit": 1000}).json()["rows"]
    assert {row["is_closed"] for row in open_only} == {False}


def test_rows_that_json_does_not_know_are_written():
    frame = pl.DataFrame(
        {
            "n": [1.0, float("nan")],
            "wait": [timedelta(days=1), None],
            "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
            "at": [datetime(2026, 1, 1), None],
            "raw": [b"x", b"y"],
        }
    )
    rows = paging.page(frame, 10, "", "s").rows
    assert rows[0] == {"n": 1.0, "wait": 86_400, "kind": "a", "at": rows[0]["at"]}
    assert rows[1]["n"] is None
    assert paging.written(pl.DataFrame()) == "[]"
    with pytest.raises(ApiError):
        paging.page(frame, 1, "WzEsIngiXQ==", "another state")


def test_what_is_known_already_costs_nothing(ask):
    first = ask("/v1/measures/winrate/win_rate")
    again = ask("/v1/measures/winrate/win_rate", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = ask("/v1/measures/winrate/win_rate", params={"months": 3}, headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    masked = ask("/v1/accounts", "guest@example.com", headers={"If-None-Match": ask("/v1/accounts").headers["ETag"]})
    assert masked.status_code != 304


def _paths(api):
    for path, operations in api.openapi()["paths"].items():
        for method, operation in operations.items():
            needed = {
                p["name"]: "2026-01-01" if p["name"] != "q" else "a"
                for p in operation.get("parameters", [])
                if p.get("required") and p["in"] == "query"
            }
            yield path, method.upper(), needed


@pytest.mark.slow
def test_every_operation_keeps_to_rights_rows_and_masking(api, ask, company, small):
    """Every operation for everybody: who may not is told so, and no name or row of others is in what comes."""
    settings, data, store = company
    assert len(list(_paths(api))) >= 80
    foreign = data.accounts.filter(pl.col("region") != "EMEA")
    invented = set(masking.mask(data, settings).accounts["account_name"])
    named = [name for name in data.accounts["account_name"] if len(name) > 8 and name not in invented]
    outside = foreign.filter(pl.col("account_name").str.len_chars() > 8)["account_name"].to_list()
    inside = set(data.accounts.filter(pl.col("region") == "EMEA")["account_name"])
    deal = data.opportunities.filter(~pl.col("is_closed"), pl.col("account_id").is_in(foreign["account_id"].implode()))
    ids = {
        "opportunity_id": deal["opportunity_id"][0],
        "account_id": foreign["account_id"][0],
        "name": "x",
        "number": "7",
        "event_id": "evt_x",
    }
    rules = in_force(settings, store.access.current())
    statuses = set()
    for path, method, needed in _paths(api):
        full = CALLER.sub(lambda match: str(ids.get(match.group(1), "7")), path)
        for who in PEOPLE:
            if method != "GET" and "scenarios/run" not in path:
                continue
            body = {"json": {"levers": [{"lever": "win_rate", "value": 0.1}]}} if method == "POST" else {}
            answer = ask(full, who, method, params=needed, **body)
            statuses.add(answer.status_code)
            assert answer.status_code < 500, (who, full, answer.text)
            text = json.dumps(answer.json(), ensure_ascii=False)
            if who == "guest@example.com":
                assert not [name for name in named if name in text], (who, full)
            if who == "emea@example.com":
                assert not [name for name in outside if name in text and name not in inside], (who, full)
        identity = rules.identify("guest@example.com", None)
        text = api.openapi()["paths"][path][method.lower()].get("description", "")
        right = re.search(r"Takes the\s+right\s+`(\w+:\w+)`", text)
        if right and method == "GET" and not can(identity, right.group(1)):
            assert ask(full, "guest@example.com", params=needed).status_code == 403, full
        if right and method == "GET" and right.group(1) not in ("pipeline:read",):
            assert ask(full, "narrow", params=needed).status_code == 403, full
    assert {200, 403, 404} <= statuses


def test_a_service_has_the_rights_of_its_roles(ask):
    me = ask("/v1/me", "service").json()
    assert me["roles"] == ["leader"]
    assert "admin:write" not in me["rights"]
    assert ask("/v1/audit", "service").status_code == 403


def test_whoever_has_no_role_any_more_is_out_with_the_key(ask, client, company):
    _, _, store = company
    token, _ = store.api_keys.make("old", "gone@example.com", "test")
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_a_scenario_is_run_saved_and_deleted(ask):
    plan = {"name": "More wins", "levers": [{"lever": "win_rate", "value": 0.1}]}
    run = ask("/v1/scenarios/run", method="POST", json=plan)
    assert run.status_code == 200, run.text
    assert run.json()["difference"] > 0
    assert sum(part["amount"] for part in run.json()["parts"]) == pytest.approx(run.json()["difference"])
    assert (
        ask("/v1/scenarios/run", method="POST", json={"levers": [{"lever": "nothing", "value": 1}]}).status_code == 422
    )
    assert ask("/v1/scenarios/run", method="POST", json={"odd": 1}).status_code == 422
    saved = ask("/v1/scenarios/More wins", method="PUT", json=plan)
    assert saved.json()["version"] == 1
    assert ask("/v1/scenarios/More wins", method="PUT", json=plan).status_code == 409
    assert ask("/v1/scenarios/More wins", method="PUT", json=plan, params={"version": 1}).json()["version"] == 2
    assert [entry["name"] for entry in ask("/v1/scenarios").json()] == ["More wins"]
    assert ask("/v1/scenarios", "emea@example.com").json() == []
    assert ask("/v1/scenarios/More wins", method="DELETE").status_code == 204
    assert ask("/v1/scenarios/More wins", method="DELETE").status_code == 404


def test_a_buyer_s_file_is_read_and_held_against_the_catalogue(ask):
    text = "ID,Requirement\n1,The system supports single sign-on by SAML.\n2,The system is painted green.\n"
    read = ask("/v1/requirements/read", method="POST", files={"file": ("list.csv", text, "text/csv")})
    assert read.status_code == 200, read.text
    assert "single sign-on" in read.text
    held = ask("/v1/requirements/gaps", method="POST", files={"file": ("list.csv", text, "text/csv")}).json()
    assert len(held["rows"]) == 2
    files = {"file": ("list.csv", text, "text/csv")}
    drafted = ask("/v1/requirements/drafts?template=one-line", method="POST", files=files).json()
    assert drafted["rows"][0]["draft"].startswith("Yes, we sign your users in")
    assert drafted["rows"][0]["is_ready"]
    assert ask("/v1/requirements/drafts?template=ode", method="POST", files=files).status_code == 422
    bad = ask("/v1/requirements/read", method="POST", files={"file": ("../../x.xlsx", b"junk", "text/csv")})
    assert bad.status_code == 422
    assert bad.json()["mend"]


def test_background_work_is_seen_and_asked_for(ask, company):
    _, _, store = company
    job = store.jobs.ask("sync", "CRM")
    assert ask(f"/v1/jobs/{job.id}").json()["state"] == "queued"
    assert ask(f"/v1/jobs/{job.id}/cancel", method="POST").json()["state"] == "cancelled"
    assert ask(f"/v1/jobs/{job.id}/again", method="POST").json()["state"] == "queued"
    assert ask("/v1/jobs/99999").status_code == 404
    assert ask(f"/v1/jobs/{job.id}/cancel", "emea@example.com", "POST").status_code == 403
    assert ask("/v1/connectors/none/sync", method="POST").status_code == 404
    assert "cancelled work" in store.audit.newest()["action"].to_list()


def test_untrained_models_are_asked_for_and_the_reason_told_where_they_cannot_be(ask, company, monkeypatch):
    _, _, store = company
    monkeypatch.setattr("core.models.registry.is_trained", lambda *_: False)
    first = ask("/v1/forecast")
    assert (first.status_code, first.headers["Retry-After"]) == (409, "60")
    job = store.jobs.claim("w1", [LEARN])
    assert job.subject == MODELS
    store.jobs.fail(job.id, "w1", "There are too few closed deals.")
    assert ask("/v1/forecast").json()["detail"] == "There are too few closed deals."


def test_errors_tell_what_where_and_how_to_mend_it(api, ask, client, tokens):
    wrong = client.delete("/v1/scenarios", headers={"Authorization": f"Bearer {tokens['narrow']}"})
    assert wrong.status_code == 405
    assert wrong.headers["Allow"] == "GET"
    assert client.get("/v1/nothing").json()["status"] == 404
    both = client.get("/v1/scenarios/x", headers={"Authorization": f"Bearer {tokens['narrow']}"})
    assert both.headers["Allow"] == "DELETE, PUT"
    assert status_of(StoreError("The database does not answer.", "the database")) == 503
    assert status_of(ConflictError("Somebody saved.", {})) == 409
    assert status_of(StoreError("It is locked.")) == 409
    assert status_of(ContractError("There is no region called x.")) == 404
    assert status_of(QuarterdeckError("Odd.")) == 500


def test_nothing_is_told_of_what_nobody_foresaw(ask, monkeypatch):
    def broken(*_):
        raise RuntimeError("planted secret")

    monkeypatch.setattr("core.models.versions.versions", broken)
    answer = ask("/v1/models")
    assert answer.status_code == 500
    assert "planted" not in answer.text


def test_a_key_that_asks_too_often_waits(company, tokens):
    settings, data, store = company
    strict = TestClient(application(lambda: settings, lambda _: data, lambda _: store, a_minute=2))
    header = {"Authorization": f"Bearer {tokens['narrow']}"}
    left = [strict.get("/v1/me", headers=header).headers["RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    late = strict.get("/v1/me", headers=header)
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) in range(1, 31)
    assert strict.get("/v1/me", headers={"Authorization": f"Bearer {tokens['service']}"}).status_code == 200


def test_a_bucket_fills_evenly_and_buckets_are_bounded(monkeypatch):
    clock = [0.0]
    limit = limits.RateLimit(60, lambda: clock[0])
    assert all(limit.take("a").is_taken for _ in range(60))
    assert not limit.take("a").is_taken
    clock[0] += 1.0
    assert limit.take("a").is_taken
    assert not limit.take("a").is_taken
    monkeypatch.setattr(limits, "MOST_KEYS", 2)
    for name in "bcd":
        limit.take(name)
    assert len(limit._buckets) == 2


def test_a_request_holds_only_so_much(company, tokens, monkeypatch):
    settings, data, store = company
    monkeypatch.setattr(limits.SizeLimit.__init__, "__defaults__", (1_000,))
    small = TestClient(application(lambda: settings, lambda _: data, lambda _: store), raise_server_exceptions=False)
    header = {"Authorization": f"Bearer {tokens['boss@example.com']}"}
    large = {"name": "x" * 2_000}
    assert small.post("/v1/scenarios/run", json=large, headers=header).status_code == 413

    def pieces():
        yield from [b"x" * 600] * 3

    assert small.post("/v1/scenarios/run", content=pieces(), headers=header).status_code == 413


def test_keys_are_made_listed_and_revoked_by_command(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    run = CliRunner().invoke
    assert "There is no key yet" in run(command_line, ["api-key", "list"]).output
    made = run(command_line, ["api-key", "make", "BI", "--right", "pipeline:read", "--days", "0"])
    token = made.stdout.splitlines()[0]
    assert token.startswith("qd_")
    listed = run(command_line, ["api-key", "list"]).output
    assert "BI  local  pipeline:read  without end, never used" in listed
    assert token.split("_", 2)[2] not in listed
    prefix = listed.split()[0]
    assert run(command_line, ["api-key", "revoke", prefix]).exit_code == 0
    assert "revoked" in run(command_line, ["api-key", "list"]).output
    service = run(command_line, ["api-key", "make", "Robot", "--role", "admin"])
    assert service.exit_code == 0
    assert "service Robot" in run(command_line, ["api-key", "list"]).output
    assert "There is no role" in str(run(command_line, ["api-key", "make", "x", "--role", "emperor"]).exception)


def test_a_key_needs_an_owner_where_people_sign_in(tmp_path, monkeypatch):
    file = tmp_path / "quarterdeck.yaml"
    file.write_text("access:\n  sign_in: header\n  people:\n    ana@example.com: {roles: [admin]}\n", encoding="utf-8")
    for name, value in (("HOME", tmp_path), ("DATABASE_URL", f"sqlite:///{tmp_path / 's.db'}"), ("CONFIG", file)):
        monkeypatch.setenv(f"QUARTERDECK_{name}", str(value))
    run = CliRunner().invoke
    assert "Whose key is it?" in str(run(command_line, ["api-key", "make", "x"]).exception)
    assert "has no role" in str(run(command_line, ["api-key", "make", "x", "--owner", "ben@example.com"]).exception)
    assert run(command_line, ["api-key", "make", "x", "--owner", "ana@example.com"]).exit_code == 0


def test_the_document_holds_no_foreign_address(api, client):
    page = client.get("/docs").text
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert str(Path(__file__).parents[2]) not in json.dumps(api.openapi())


def test_no_role_writes_what_it_may_not(api, ask, company, tokens):
    """Every write for every role: without the right nothing is done, and with it nobody is refused."""
    settings, _, store = company
    rules = in_force(settings, store.access.current())
    for role in settings.roles:
        tokens[role] = store.api_keys.make(f"role {role}", f"service {role}", "test", roles=(role,))[0]
    n_refused = n_let = 0
    for path, operations in api.openapi()["paths"].items():
        for method, operation in operations.items():
            right = re.search(r"Takes the\s+right\s+`(\w+:\w+)`", operation.get("description", ""))
            if method == "get" or right is None:
                continue
            full = CALLER.sub(lambda match: "9" if match.group(1) == "number" else "none", path)
            for role in settings.roles:
                is_allowed = can(rules_identity(rules, role), right.group(1))
                status = ask(full, role, method.upper(), json={}).status_code
                assert status < 500
                if is_allowed:
                    assert status != 403, (path, role)
                    n_let += 1
                else:
                    assert status in (403, 422), (path, role, status)
                    n_refused += status == 403
    assert n_refused >= 20
    assert n_let >= 10


def rules_identity(rules, role):
    from core.access import Identity

    return Identity("", "", (role,), rights=rules.rights([role]))
