"""The protocols of five CRM systems, as their public documents describe them, over a book of deals."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import count
from urllib.parse import unquote

from tests.sources.stub_servers import BEGIN, Book, Stub, iso, page_of

PAGE = 4
TOKEN = "planted-token-4711"


def with_tokens(stub: Stub, path: str, scheme: str = "Bearer ", refusal=None) -> None:
    """Let a token be fetched at a path; `stub.expire()` makes the last one invalid."""
    numbers = count()
    valid: list[str] = []

    def token(request):
        valid[:] = [f"{TOKEN}-{next(numbers)}"]
        return {"access_token": valid[0], "token_type": "Bearer", "expires_in": 3600}

    inner = stub.answer

    def answer(request):
        is_signed = request.headers.get("authorization", "") == scheme + (valid[0] if valid else "")
        if not request.path.startswith(path) and not is_signed:
            stub.requests.append(request)
            return 401, refusal, {}
        return inner(request)

    stub.routes["POST", path] = token
    stub.answer = answer
    stub.expire = valid.clear


# Salesforce


def sf(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"


def sf_rows(book: Book, name: str) -> list[dict]:
    if name == "Opportunity":
        return [
            {
                "Id": deal.id,
                "Name": f"Deal {deal.id}",
                "StageName": deal.values["stage"],
                "Amount": deal.values["amount"],
                "CloseDate": deal.values["close_on"],
                "OwnerId": deal.values["owner_id"],
                "NextStep": deal.values["next_step"],
                "CreatedDate": sf(deal.created),
                "IsClosed": False,
                "IsWon": False,
                "IsDeleted": deal.deleted_at is not None,
                "SystemModstamp": sf(deal.modified),
            }
            for deal in book.deals.values()
        ]
    if name == "OpportunityStage":
        return [
            {"Id": f"01J{key}", "MasterLabel": label, "ApiName": key, "SortOrder": k, "IsClosed": False, "IsWon": False}
            | {"DefaultProbability": 10.0 * k, "SystemModstamp": sf(BEGIN)}
            for k, (key, label) in enumerate(book.stage_names.items())
        ]
    if name == "OpportunityHistory":
        rows, numbers = [], count()
        for deal in book.deals.values():
            changes = sorted({m for n in ("stage", "amount", "close_on") for m, _ in deal.past[n]})
            for moment in changes:
                stage, amount, close = (
                    [v for m, v in deal.past[n] if m <= moment][-1] for n in ("stage", "amount", "close_on")
                )
                row = {"Id": f"008{next(numbers):06d}", "OpportunityId": deal.id, "StageName": stage, "Amount": amount}
                rows.append(row | {"CloseDate": close, "ForecastCategory": "Pipeline"} | sf_stamps(moment))
        return rows
    if name == "OpportunityFieldHistory":
        rows, numbers = [], count()
        for deal in book.deals.values():
            for (_, old), (moment, new) in zip(deal.past["owner_id"], deal.past["owner_id"][1:], strict=False):
                for before, after in ((f"Name of {old}", f"Name of {new}"), (old, new)):
                    row = {"Id": f"017{next(numbers):06d}", "OpportunityId": deal.id, "Field": "Owner"}
                    rows.append(row | {"OldValue": before, "NewValue": after} | sf_stamps(moment))
        return rows
    if name == "User":
        return [
            {
                "Id": f"00500000000000{k}AAA",
                "FirstName": "Rep",
                "LastName": str(k),
                "Name": f"Rep {k}",
                "IsActive": True,
            }
            | {"SystemModstamp": sf(BEGIN)}
            for k in range(3)
        ]
    return []


def sf_stamps(moment: datetime) -> dict:
    return {"CreatedDate": sf(moment), "SystemModstamp": sf(moment)}


SF_OBJECTS = {
    "Account": ["Id", "Name", "SystemModstamp", "CreatedDate", "IsDeleted"],
    "Task": ["Id", "SystemModstamp", "CreatedDate", "IsDeleted"],
    "Event": ["Id", "SystemModstamp", "CreatedDate", "IsDeleted"],
    "User": ["Id", "FirstName", "LastName", "Name", "IsActive", "SystemModstamp"],
}
SOQL = re.compile(r"SELECT (\S+) FROM (\w+)(?: WHERE (.*?))?(?: ORDER BY (\w+), Id)?$")


def salesforce(book: Book, stub: Stub) -> Stub:  # noqa: C901
    base, cursors = "/services/data/v61.0", {}

    def fields_of(name):
        rows = sf_rows(book, name)
        names = list(rows[0]) if rows else SF_OBJECTS.get(name, ["Id"])
        hidden = {"NextStep"} if "next_step" in book.hidden else set()
        return [n for n in names if n not in hidden]

    def selected(query):
        fields, name, where, order = SOQL.match(query).groups()
        wanted = fields.split(",")
        unknown = [f for f in wanted if sf_rows(book, name) and f not in fields_of(name)]
        if unknown:
            return None, f"No such column '{unknown[0]}' on entity '{name}'"
        rows = sf_rows(book, name)
        since = re.search(r"(\w+) >= (\S+)", where or "")
        if since:
            bound = datetime.fromisoformat(since[2])
            rows = [r for r in rows if datetime.fromisoformat(r[since[1]]) >= bound]
        if order:
            rows.sort(key=lambda r: (r[order], r["Id"]))
        return [{"attributes": {"type": name}, **{f: r.get(f) for f in wanted}} for r in rows], ""

    def page(key, start):
        rows, following = page_of(cursors[key], start, PAGE)
        answer = {"totalSize": len(cursors[key]), "done": following is None, "records": rows}
        return answer | ({"nextRecordsUrl": f"{base}/query/{key}-{following}"} if following else {})

    def query(request):
        if "COUNT()" in request.query["q"]:
            return {"totalSize": stub.total, "done": True, "records": []}
        rows, wrong = selected(request.query["q"])
        if wrong:
            return 400, [{"message": wrong, "errorCode": "INVALID_FIELD"}], {}
        key = f"01g{len(cursors)}"
        cursors[key] = rows
        return page(key, 0)

    def more(request):
        key, _, start = request.path.rpartition("/")[2].partition("-")
        return page(key, int(start))

    def describe(request):
        name = request.path.split("/")[-2]
        kinds = {"Amount": "currency", "IsDeleted": "boolean", "IsClosed": "boolean", "IsWon": "boolean"}
        return {"fields": [{"name": n, "type": kinds.get(n, "string")} for n in fields_of(name)]}

    jobs = {}

    def job(request):
        if request.method == "POST":
            rows, wrong = selected(request.body["query"])
            assert request.body["operation"] == "queryAll"
            assert not wrong
            jobs[f"750{len(jobs)}"] = [rows, 0]
            return {"id": f"750{len(jobs) - 1}", "state": "UploadComplete"}
        parts = request.path.split("/")
        if parts[-1] != "results":
            entry = jobs[parts[-1]]
            entry[1] += 1
            return {"id": parts[-1], "state": "InProgress" if entry[1] < 2 else "JobComplete"}
        rows, following = page_of(jobs[parts[-2]][0], int(request.query.get("locator", 0)), PAGE)
        names = [n for n in (rows[0] if rows else {}) if n != "attributes"]
        lines = [",".join(f'"{n}"' for n in names)]
        lines += [
            ",".join(
                '"' + ("" if r[n] is None else str(r[n]).lower() if isinstance(r[n], bool) else str(r[n])) + '"'
                for n in names
            )
            for r in rows
        ]
        headers = {"Sforce-Locator": str(following) if following else "null", "Content-Type": "text/csv"}
        return 200, "\n".join(lines) + "\n", headers

    def write(request):
        deal = book.deals[request.path.rpartition("/")[2]]
        if request.method == "GET":
            return next(r for r in sf_rows(book, "Opportunity") if r["Id"] == deal.id)
        names = {
            "CloseDate": "close_on",
            "NextStep": "next_step",
            "Amount": "amount",
            "ForecastCategoryName": "category",
        }
        for column, value in request.body.items():
            book.change(deal.id, stub.now, names[column], value)
        return 204, None, {}

    stub.total = 10
    with_tokens(
        stub, "/services/oauth2/token", refusal=[{"message": "Session expired", "errorCode": "INVALID_SESSION_ID"}]
    )
    stub.routes |= {
        ("GET", f"{base}/queryAll"): query,
        ("GET", f"{base}/query"): query,
        ("GET", f"{base}/query/"): more,
        ("GET", f"{base}/sobjects"): lambda r: describe(r) if r.path.endswith("describe") else write(r),
        ("PATCH", f"{base}/sobjects"): write,
        ("POST", f"{base}/jobs/query"): job,
        ("GET", f"{base}/jobs/query"): job,
    }
    return stub


# HubSpot

HUBSPOT = {"stage": "dealstage", "amount": "amount", "close_on": "closedate", "owner_id": "hubspot_owner_id"}
HUBSPOT_FIELDS = [
    *HUBSPOT.values(),
    "hs_is_closed",
    "hs_object_id",
    "dealname",
    "createdate",
    "hs_lastmodifieddate",
    "hs_next_step",
]
MOST = 8


def text(value) -> str | None:
    return None if value is None else str(value)


def hubspot(book: Book, stub: Stub) -> Stub:  # noqa: C901
    base = "/crm/v3/objects/deals"

    def properties(deal, wanted):
        values = {HUBSPOT[n]: text(deal.values[n]) for n in HUBSPOT}
        values |= {"hs_object_id": deal.id, "dealname": f"Deal {deal.id}", "createdate": iso(deal.created)}
        values |= {"hs_lastmodifieddate": iso(deal.modified), "hs_next_step": deal.values["next_step"]}
        values["hs_is_closed"] = "false"
        hidden = {"hs_next_step"} if "next_step" in book.hidden else set()
        return {n: values[n] for n in wanted if n in values and n not in hidden}

    def past(deal, wanted):
        by_name = {v: k for k, v in HUBSPOT.items()}
        return {
            n: [
                {"value": text(v), "timestamp": iso(m), "sourceType": "CRM_UI"}
                for m, v in reversed(deal.past[by_name[n]])
            ]
            for n in wanted
            if n in by_name
        }

    def shown(deal, wanted, historic=()):
        out = {"id": deal.id, "properties": properties(deal, wanted), "archived": deal.deleted_at is not None}
        if deal.deleted_at:
            out["archivedAt"] = iso(deal.deleted_at)
        return out | ({"propertiesWithHistory": past(deal, historic)} if historic else {})

    def listed(rows, start, limit):
        page, following = page_of(rows, start, min(limit, PAGE))
        return {"results": page} | ({"paging": {"next": {"after": str(following)}}} if following else {})

    def deals(request):
        archived = request.query.get("archived") == "true"
        historic = [n for n in request.query.get("propertiesWithHistory", "").split(",") if n]
        wanted = request.query.get("properties", "").split(",")
        rows = [shown(d, wanted, historic) for d in book.deals.values() if (d.deleted_at is not None) == archived]
        return listed(rows, int(request.query.get("after", 0)), int(request.query["limit"]))

    def search(request):
        (window,) = request.body["filterGroups"][0]["filters"]
        assert (window["propertyName"], window["operator"]) == ("hs_lastmodifieddate", "GTE")
        start = int(request.body.get("after", 0))
        if start >= MOST:
            return (
                400,
                {"status": "error", "message": "ten thousand results are the most", "category": "VALIDATION_ERROR"},
                {},
            )
        rows = [d for d in book.live() if d.modified.timestamp() * 1000 >= int(window["value"])]
        rows.sort(key=lambda d: d.modified)
        answer = listed([shown(d, request.body["properties"]) for d in rows], start, request.body["limit"])
        return answer | {"total": len(rows)}

    def batch(request):
        assert len(request.body["inputs"]) <= 50
        wanted = [book.deals[i["id"]] for i in request.body["inputs"]]
        return {"status": "COMPLETE", "results": [shown(d, [], request.body["propertiesWithHistory"]) for d in wanted]}

    def associations(request):
        rows = [{"from": {"id": i["id"]}, "to": [{"toObjectId": 77}]} for i in request.body["inputs"]]
        return {"status": "COMPLETE", "results": rows}

    def stages(_):
        listed = [
            {"id": key, "label": label, "displayOrder": k, "metadata": {"probability": f"0.{k}", "isClosed": "false"}}
            for k, (key, label) in enumerate(book.stage_names.items())
        ]
        return {"results": [{"id": "default", "label": "Sales", "stages": listed}]}

    def companies(request):
        if request.query.get("archived") == "true" or request.method == "POST":
            return {"results": [], "total": 0}
        values = {"hs_object_id": "77", "name": "Acme", "hs_lastmodifieddate": iso(BEGIN), "createdate": iso(BEGIN)}
        return {"results": [{"id": "77", "properties": values}]}

    def write(request):
        deal = book.deals[request.path.rpartition("/")[2]]
        if request.method == "GET":
            return shown(deal, request.query["properties"].split(","))
        names = {v: k for k, v in HUBSPOT.items()} | {"hs_next_step": "next_step"}
        for column, value in request.body["properties"].items():
            book.change(deal.id, stub.now, names[column], value)
        return shown(deal, list(request.body["properties"]))

    def hidden():
        return {"hs_next_step"} if "next_step" in book.hidden else set()

    kinds = {"amount": "number"}
    stub.routes |= {
        ("GET", base): deals,
        ("GET", f"{base}/"): write,
        ("PATCH", f"{base}/"): write,
        ("POST", f"{base}/search"): search,
        ("POST", f"{base}/batch/read"): batch,
        ("POST", "/crm/v4/associations/deals/companies/batch/read"): associations,
        ("GET", "/crm/v3/pipelines/deals"): stages,
        ("GET", "/crm/v3/owners"): lambda _: {
            "results": [
                {"id": f"00500000000000{k}AAA", "firstName": "Rep", "lastName": str(k), "email": f"r{k}@x.org"}
                for k in range(3)
            ]
        },
        ("GET", "/crm/v3/objects/companies"): companies,
        ("POST", "/crm/v3/objects/companies/search"): companies,
        ("GET", "/crm/v3/properties/"): lambda r: {
            "results": [
                {"name": n, "type": kinds.get(n, "string")}
                for n in (
                    HUBSPOT_FIELDS
                    if r.path.endswith("deals")
                    else ["hs_object_id", "name", "createdate", "hs_lastmodifieddate"]
                )
                if n not in hidden()
            ]
        },
    }
    return stub


# Dynamics 365


def dynamics(book: Book, stub: Stub) -> Stub:
    base, label = "/api/data/v9.2", "@OData.Community.Display.V1.FormattedValue"
    sent: list[dict[str, datetime]] = []

    def row(deal):
        out = {"opportunityid": deal.id, "name": f"Deal {deal.id}", "stepname": deal.values["stage"]}
        out |= {"estimatedvalue": deal.values["amount"], "estimatedclosedate": deal.values["close_on"]}
        out |= {"_ownerid_value": deal.values["owner_id"], "statecode": 0, f"statecode{label}": "Open"}
        if "amount" in book.hidden:
            del out["estimatedvalue"]
        return out | {"createdon": iso(deal.created), "modifiedon": iso(deal.modified), "@odata.etag": 'W/"1"'}

    def answer(request, rows, start):
        assert "odata.track-changes" in request.headers["prefer"]
        page, following = page_of(rows, start, PAGE)
        out = {"@odata.context": "…#opportunities", "value": page}
        if following is not None:
            mark = request.query.get("$deltatoken", "")
            more = f"$deltatoken={mark}&" if mark else ""
            return out | {"@odata.nextLink": f"{stub.url}{base}/opportunities?{more}$skiptoken={following}"}
        sent.append({d.id: d.modified for d in book.live()})
        return out | {"@odata.deltaLink": f"{stub.url}{base}/opportunities?$deltatoken={len(sent) - 1}"}

    def deals(request):
        assert "$filter" not in request.query
        start = int(request.query.get("$skiptoken", 0))
        token = request.query.get("$deltatoken")
        if token is None:
            return answer(request, [row(d) for d in book.live()], start)
        if stub.is_refusing:
            return 410, {"error": {"code": "0x80044352", "message": "the delta token has expired"}}, {}
        before = sent[int(token)]
        changed = [row(d) for d in book.live() if before.get(d.id) != d.modified]
        gone = [i for i in before if book.deals[i].deleted_at]
        removed = [{"@odata.context": "…/$deletedEntity", "id": i, "reason": "deleted"} for i in gone]
        return answer(request, changed + removed, start)

    stub.is_refusing = False
    with_tokens(stub, "/token", refusal={"error": {"code": "0x80072560", "message": "not signed in"}})
    empty = {"value": [], "@odata.deltaLink": ""}
    stub.routes |= {
        ("GET", f"{base}/opportunities"): deals,
        ("GET", f"{base}/accounts"): lambda _: empty,
        ("GET", f"{base}/systemusers"): lambda _: empty,
    }
    return stub


# Pipedrive


def pipedrive(book: Book, stub: Stub) -> Stub:
    keys = {"stage": "stage_id", "amount": "value", "close_on": "expected_close_date", "owner_id": "user_id"}

    def plain(moment):
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    def row(deal):
        out = {
            "id": deal.id,
            "title": f"Deal {deal.id}",
            "stage_id": deal.values["stage"],
            "value": deal.values["amount"],
        }
        out |= {"expected_close_date": deal.values["close_on"], "owner_id": deal.values["owner_id"], "status": "open"}
        if "amount" in book.hidden:
            del out["value"]
        return out | {"add_time": plain(deal.created), "update_time": plain(deal.modified), "org_id": None}

    def listed(rows, request):
        assert request.headers["x-api-token"] == TOKEN
        page, following = page_of(rows, int(request.query.get("cursor", 0)), PAGE)
        cursor = None if following is None else str(following)
        return {"success": True, "data": page, "additional_data": {"next_cursor": cursor}}

    def deals(request):
        if request.query["status"] == "deleted":
            return listed([row(d) for d in book.deals.values() if d.deleted_at], request)
        rows = sorted(book.live(), key=lambda d: (d.modified, d.id))
        if "updated_since" in request.query:
            rows = [d for d in rows if d.modified >= datetime.fromisoformat(request.query["updated_since"])]
        return listed([row(d) for d in rows], request)

    def changes(request):
        deal = book.deals[unquote(request.path.split("/")[-2])]
        rows = [
            {"field_key": keys[n], "old_value": text(old), "new_value": text(new), "time": plain(moment)}
            for n in keys
            for (_, old), (moment, new) in zip(deal.past[n], deal.past[n][1:], strict=False)
        ]
        return listed(sorted(rows, key=lambda r: r["time"])[::-1], request)

    empty = {"success": True, "data": [], "additional_data": {"next_cursor": None}}
    stub.routes |= {
        ("GET", "/api/v2/deals"): deals,
        ("GET", "/api/v1/deals/"): changes,
        ("GET", "/api/v2/stages"): lambda r: listed(
            [
                {"id": k, "name": n, "order_nr": o, "pipeline_id": 1}
                for o, (k, n) in enumerate(book.stage_names.items())
            ],
            r,
        ),
        ("GET", "/api/v2/"): lambda _: empty,
        ("GET", "/api/v1/users"): lambda _: {
            "success": True,
            "data": [{"id": f"00500000000000{k}AAA", "name": f"Rep {k}", "active_flag": True} for k in range(3)],
        },
    }
    return stub


# Zoho


def zoho(book: Book, stub: Stub) -> Stub:
    def row(deal):
        out = {
            "id": deal.id,
            "Deal_Name": f"Deal {deal.id}",
            "Stage": deal.values["stage"],
            "Amount": deal.values["amount"],
        }
        out |= {"Closing_Date": deal.values["close_on"], "Owner": {"id": deal.values["owner_id"], "name": "Rep"}}
        if "next_step" not in book.hidden:
            out["Next_Step"] = deal.values["next_step"]
        return out | {"Created_Time": iso(deal.created), "Modified_Time": iso(deal.modified)}

    def listed(rows, request):
        number = int(request.query["page"])
        page, following = page_of(rows, (number - 1) * PAGE, PAGE)
        if not page:
            return 204, None, {}
        return {
            "data": page,
            "info": {"page": number, "per_page": PAGE, "count": len(page), "more_records": following is not None},
        }

    def deals(request):
        rows = sorted(book.live(), key=lambda d: (d.modified, d.id))
        since = request.headers.get("if-modified-since")
        if since:
            rows = [d for d in rows if d.modified >= datetime.fromisoformat(since)]
            if not rows:
                return 304, None, {}
        return listed([row(d) for d in rows], request)

    def deleted(request):
        rows = [{"id": d.id, "deleted_time": iso(d.deleted_at)} for d in book.deals.values() if d.deleted_at]
        return listed(rows, request)

    with_tokens(
        stub, "/oauth/v2/token", "Zoho-oauthtoken ", {"code": "INVALID_TOKEN", "message": "invalid", "status": "error"}
    )
    names = ["Deal_Name", "Stage", "Amount", "Closing_Date", "Owner", "Created_Time", "Modified_Time"]

    def readable(_):
        hidden = ["Next_Step"] if "next_step" in book.hidden else []
        return {"fields": [{"api_name": n, "data_type": "text"} for n in [*names, "Next_Step"] if n not in hidden]}

    stub.routes |= {
        ("GET", "/crm/v8/Deals"): deals,
        ("GET", "/crm/v8/Deals/deleted"): deleted,
        ("GET", "/crm/v8/Accounts"): lambda _: (204, None, {}),
        ("GET", "/crm/v8/users"): lambda _: {"users": [], "info": {"more_records": False}},
        ("GET", "/crm/v8/settings/fields"): readable,
    }
    return stub
