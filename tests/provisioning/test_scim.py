"""A directory provisions people and groups by SCIM 2.0, and what it says counts at once."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access import directory
from core.config import load
from core.contracts.errors import ConflictError, StoreError
from core.store import Store
from pages.ui.server import scim_routes

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def settings(tmp_path):
    return load(environ={"QUARTERDECK_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(settings):
    opened = Store.open(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def bare(settings, store):
    """A client of the routes that shows no token."""
    with TestClient(Starlette(routes=scim_routes.routes(settings, lambda: store))) as client:
        yield client


@pytest.fixture
def client(bare, store):
    bare.headers["Authorization"] = f"Bearer {store.scim_tokens.issue('Entra', 'ana')}"
    return bare


def add(client, name, **more):
    answer = client.post("/scim/v2/Users", json={"schemas": [USER], "userName": name, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def patch(client, path, *operations):
    return client.patch(f"/scim/v2/{path}", json={"schemas": [PATCH], "Operations": list(operations)})


def rules(store, settings):
    return directory.in_force(settings, store.access.current())


def in_wsgi(client):
    """Return the routes as the tester's client calls them."""

    def application(environ, start_response):
        headers = {k[5:].replace("_", "-"): v for k, v in environ.items() if k.startswith("HTTP_")}
        headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
        path = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}".rstrip("?")
        body = environ.get("wsgi.input", BytesIO()).read()
        answer = client.request(environ["REQUEST_METHOD"], path, content=body, headers=headers)
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.headers.items()))
        return [answer.content]

    return application


@pytest.mark.slow
def test_the_service_keeps_to_the_standard(client):
    """Every check of a tester that was written for SCIM servers."""
    from scim2_client.engines.wsgi import WSGISCIMClient  # costs eight seconds to import
    from scim2_tester import Status, check_server

    engine = WSGISCIMClient(in_wsgi(client), base_url="http://testserver/scim/v2")
    results = check_server(engine)
    bad = [f"{r.title}: {r.reason}" for r in results if r.status not in (Status.SUCCESS, Status.SKIPPED)]
    assert not bad
    assert sum(r.status is Status.SUCCESS for r in results) > 60


def test_without_a_token_there_is_no_such_address_and_no_other_word_opens_it(bare, store):
    assert bare.get("/scim/v2/Users").status_code == 404
    token = store.scim_tokens.issue("Entra", "ana")
    for header in ("", "Bearer ", f"Basic {token}", f"Bearer {token}x", "Bearer qd-scim-"):
        assert bare.get("/scim/v2/Users", headers={"Authorization": header}).status_code == 401
    right = {"Authorization": f"Bearer {token}"}
    assert bare.get("/scim/v2/Users", headers=right).json()["totalResults"] == 0
    store.scim_tokens.end("Entra", "ana")
    store.scim_tokens.issue("Okta", "ana")
    assert bare.get("/scim/v2/Users", headers=right).status_code == 401


def test_a_body_that_is_too_large_or_wrong_is_refused(client):
    headers = {"Content-Type": "application/scim+json"}
    assert client.post("/scim/v2/Users", content=b"x" * 2_000_001, headers=headers).status_code == 413
    assert client.post("/scim/v2/Users", content=b"{", headers=headers).status_code == 400
    assert client.post("/scim/v2/Users", json={"schemas": [USER]}).status_code == 400
    assert client.post("/scim/v2/Users", json={"schemas": [USER], "userName": "x" * 201}).status_code == 400
    assert client.get("/scim/v2/Users?filter=nonsense").status_code == 400
    assert client.get("/scim/v2/Nothing").status_code == 404


def test_roles_of_a_person_count_at_once_and_bounds_an_administrator_set_stay(client, store, settings):
    person = add(client, "Bo@Example.com", displayName="Bo Berg", roles=[{"value": "rep"}, {"value": "unknown"}])
    rule = rules(store, settings).people["bo@example.com"]
    assert (rule.roles, rule.name) == (("rep",), "Bo Berg")
    store.access.keep(
        "person", "bo@example.com", rule.model_copy(update={"regions": ("EMEA",)}).model_dump_json(), "ana"
    )
    answer = patch(client, f"Users/{person['id']}", {"op": "replace", "path": "roles", "value": [{"value": "leader"}]})
    assert answer.is_success
    rule = rules(store, settings).people["bo@example.com"]
    assert (rule.roles, rule.regions) == (("leader",), ("EMEA",))
    patch(client, f"Users/{person['id']}", {"op": "remove", "path": "roles"})
    assert "bo@example.com" not in rules(store, settings).people
    log = store.audit.newest()
    assert {"user provisioned", "user changed", "named unknown roles", "person saved", "person taken away"} <= set(
        log["action"]
    )
    assert set(log.filter(log["action"] == "user provisioned")["user"]) == {"SCIM Entra"}


def test_the_settings_file_stands_before_the_directory(client, store, tmp_path, settings):
    access = settings.access.model_copy(
        update={"people": {"bo@example.com": directory.parsed("person", {"roles": ["rep"]})}}
    )
    ruled = settings.model_copy(update={"access": access})
    with TestClient(Starlette(routes=scim_routes.routes(ruled, lambda: store)), headers=client.headers) as other:
        add(other, "bo@example.com", roles=[{"value": "admin"}])
    assert rules(store, ruled).people["bo@example.com"].roles == ("rep",)
    assert store.access.current() == ()


def test_who_is_deactivated_renamed_or_deleted_is_out_at_once(client, store, settings):
    person = add(client, "bo@example.com", roles=[{"value": "rep"}])
    path = f"Users/{person['id']}"
    store.sign_ins.seen("k1", "bo@example.com", "", "", HOUR, DAY)
    assert patch(client, path, {"op": "Replace", "path": "active", "value": "False"}).is_success
    assert client.get(f"/scim/v2/{path}").json()["active"] is False
    assert store.provisioned.is_shut_out("bo@example.com")
    assert store.sign_ins.seen("k1", "bo@example.com", "", "", HOUR, DAY) == "ended"
    patch(client, path, {"op": "replace", "path": "active", "value": True})
    assert not store.provisioned.is_shut_out("bo@example.com")
    store.sign_ins.seen("k2", "bo@example.com", "", "", HOUR, DAY)
    patch(client, path, {"op": "replace", "path": "userName", "value": "bo.berg@example.com"})
    assert store.sign_ins.seen("k2", "bo@example.com", "", "", HOUR, DAY) == "ended"
    assert set(rules(store, settings).people) == {"bo.berg@example.com"}
    store.sign_ins.seen("k3", "bo.berg@example.com", "", "", HOUR, DAY)
    assert client.delete(f"/scim/v2/{path}").status_code == 204
    assert store.sign_ins.seen("k3", "bo.berg@example.com", "", "", HOUR, DAY) == "ended"
    assert rules(store, settings).people == {}
    assert client.get(f"/scim/v2/{path}").status_code == 404
    assert {"user deactivated", "user activated", "user deprovisioned"} <= set(store.audit.newest()["action"])


def test_groups_have_the_people_who_were_put_into_them(client, store):
    bo, cy = add(client, "bo@example.com"), add(client, "cy@example.com")
    group = {"schemas": [GROUP], "displayName": "sales-emea", "members": [{"value": bo["id"]}]}
    made = client.post("/scim/v2/Groups", json=group).json()
    path = f"Groups/{made['id']}"
    assert store.provisioned.groups("bo@example.com") == ("sales-emea",)
    assert client.get(f"/scim/v2/Users/{bo['id']}").json()["groups"][0]["display"] == "sales-emea"
    assert patch(client, path, {"op": "Add", "path": "members", "value": [{"value": cy["id"]}]}).status_code in (
        200,
        204,
    )
    assert store.provisioned.groups("cy@example.com") == ("sales-emea",)
    # As Microsoft Entra takes somebody out, and as the standard says.
    patch(client, path, {"op": "Remove", "path": "members", "value": [{"value": bo["id"]}]})
    assert store.provisioned.groups("bo@example.com") == ()
    patch(client, path, {"op": "remove", "path": f'members[value eq "{cy["id"]}"]'})
    assert "members" not in client.get(f"/scim/v2/{path}").json()
    wrong = patch(client, path, {"op": "add", "path": "members", "value": [{"value": "nobody"}]})
    assert (wrong.status_code, "no person" in wrong.json()["detail"]) == (400, True)
    assert client.post("/scim/v2/Groups", json=group).status_code == 409
    assert client.delete(f"/scim/v2/{path}").status_code == 204


def test_people_are_looked_for_as_directories_do(client):
    ids = {name: add(client, name, externalId=f"x-{name}")["id"] for name in ("bo@example.com", "cy@example.com")}

    def matches(asked):
        return [r["id"] for r in client.get("/scim/v2/Users", params={"filter": asked}).json().get("Resources", [])]

    assert matches('userName eq "BO@example.com"') == [ids["bo@example.com"]]
    assert matches('externalId eq "x-cy@example.com"') == [ids["cy@example.com"]]
    assert matches('userName eq "di@example.com"') == []
    page = client.get("/scim/v2/Users", params={"sortBy": "userName", "sortOrder": "descending", "count": 1}).json()
    assert (page["totalResults"], page["Resources"][0]["userName"]) == (2, "cy@example.com")
    everything = client.get("/scim/v2/", params={"filter": 'externalId eq "x-bo@example.com"'}).json()
    assert everything["totalResults"] == 1


def test_nothing_is_overwritten_unseen_and_nothing_kept_that_is_of_no_use(client, store):
    more = {"password": "planted-secret", "phoneNumbers": [{"value": "555 planted"}], "title": "planted"}
    person = add(client, "bo@example.com", **more)
    assert "planted" not in str(store.provisioned.get("User", person["id"]))
    path, version = f"/scim/v2/Users/{person['id']}", person["meta"]["version"]
    body = {"schemas": [USER], "userName": "bo@example.com", "displayName": "Bo"}
    assert client.put(path, json=body, headers={"If-Match": version}).status_code == 200
    assert client.put(path, json=body, headers={"If-Match": version}).status_code == 412
    assert client.delete(path, headers={"If-Match": version}).status_code == 412
    assert client.post("/scim/v2/Users", json=body).status_code == 409


def test_a_race_is_told_and_a_database_that_is_away_is_an_error_of_the_server(client, store, monkeypatch):
    person = add(client, "bo@example.com")
    path = f"/scim/v2/Users/{person['id']}"
    body = {"schemas": [USER], "userName": "bo@example.com", "displayName": "Bo"}

    def raising(error):
        def refuse(*_, **__):
            raise error

        return refuse

    raced = raising(ConflictError("It was changed in between.", {}))
    monkeypatch.setattr(store.provisioned, "save", raced)
    monkeypatch.setattr(store.provisioned, "delete", raced)
    assert client.put(path, json=body).status_code == 412
    assert client.delete(path).status_code == 412
    monkeypatch.setattr(store.provisioned, "save", raising(StoreError("The database is away.", "elsewhere")))
    answer = client.put(path, json=body)
    assert (answer.status_code, "away" in answer.text) == (500, False)


def test_a_person_who_wants_out_is_out_here_too(client, store):
    person = add(client, "bo@example.com", displayName="Bo Berg")
    assert "scim_resources" in store.personal_data.export("bo@example.com")
    store.personal_data.erase("bo@example.com", "Bo Berg")
    assert client.get(f"/scim/v2/Users/{person['id']}").status_code == 404


def test_links_name_the_address_the_directory_asked_for(client):
    answer = client.post(
        "/scim/v2/Users",
        json={"schemas": [USER], "userName": "bo@example.com"},
        headers={"Host": "sales.example.com", "X-Forwarded-Proto": "https"},
    )
    assert answer.headers["location"].startswith("https://sales.example.com/scim/v2/Users/")
