"""Reads the pages of a request one after another, in each of the usual ways to page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from core.contracts.errors import SourceError
from core.sources.connectors.declaration import Request
from core.sources.connectors.http_client import HttpClient, content_of
from core.sources.connectors.templates import at, fill

JOBS = "/services/data/{version}/jobs/query"
BULK_ROWS = 50_000
POLLS = 720
POLL_SECONDS = 5


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes
    ----------
    records : list
    next : str
        Where the next page lies; empty on the last.
    delta : str
        The link that later gives what has changed since; on the last page of systems that have one.
    sent_at : float, optional
        When it was sent, by the system's clock, in seconds since 1970.
    """

    records: list[Any]
    next: str = ""
    delta: str = ""
    sent_at: float | None = None


def read_page(client: HttpClient, request: Request, values: Mapping[str, Any], position: str = "") -> Page:
    """Return a page of a request.

    Parameters
    ----------
    client : HttpClient
    request : Request
    values : mapping
        For what is filled in.
    position : str
        `Page.next` of the page before; empty for the first.

    Raises
    ------
    SourceError
        When the system refuses, keeps failing, or answers in another form.
    """
    pages, headers = request.pages, fill(request.headers, values)
    if position and pages.kind in ("link", "header"):
        answer = client.ask("GET", position, headers=headers)
        return _page(client, request, answer, position)
    query, body = fill(request.query, values), fill(request.body, values)
    place_of = body if pages.is_in_body and body is not None else query
    if pages.kind in ("number", "offset"):
        place_of[pages.param] = int(position or pages.start)
    elif position and pages.kind == "cursor":
        place_of[pages.param] = position
    answer = client.ask(request.method, str(fill(request.path, values)), query, body, headers)
    return _page(client, request, answer, position)


def _page(client: HttpClient, request: Request, answer: httpx.Response, position: str) -> Page:
    content = content_of(answer, client.connector.name)
    records = at(content, request.records) if content else []
    if not isinstance(records, list):
        if records is not None or (request.records and content):
            where = str(answer.url).partition("?")[0]
            raise SourceError(
                f"{client.connector.name} answers without a list at {request.records or 'its top'!r}.", where
            )
        records = []
    date = answer.headers.get("date")
    sent = parsedate_to_datetime(date).timestamp() if date else None
    delta = str(at(content, request.pages.delta) or "") if request.pages.delta else ""
    return Page(records, _following(request, content, answer, records, position), delta, sent)


def _following(request: Request, content: Any, answer: httpx.Response, records: list[Any], position: str) -> str:
    pages = request.pages
    if pages.kind == "link":
        return str(at(content, pages.at) or "")
    if pages.kind == "header":
        return str(answer.links.get("next", {}).get("url", ""))
    is_last = (not at(content, pages.more)) if pages.more else len(records) < max(pages.size, 1)
    if pages.kind == "cursor":
        value = at(content, pages.at)
        return "" if value is None or (pages.more and is_last) else str(value)
    if pages.kind == "single" or is_last:
        return ""
    reached = int(position or pages.start)
    return str(reached + (1 if pages.kind == "number" else len(records)))


def all_records(client: HttpClient, request: Request, values: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the records of every page of a request."""
    position = ""
    while True:
        page = read_page(client, request, values, position)
        yield from page.records
        position = page.next
        if not position:
            return


def bulk_page(
    client: HttpClient,
    query: str,
    values: Mapping[str, Any],
    position: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> Page:
    """Return a page of a query job of Salesforce's Bulk API 2.0; the job is made for the first.

    Parameters
    ----------
    client : HttpClient
    query : str
        In SOQL.
    values : mapping
    position : str
        The job and the place in its result, as `Page.next` has them: a job's result stays, so that a reading goes on
        there after it was broken off.
    sleep : callable
        Waits between two looks at the job.

    Raises
    ------
    SourceError
        When the job fails, or is not done after an hour.
    """
    import csv
    import io

    jobs = str(fill(JOBS, values))
    job, _, locator = position.partition(" ")
    if not job:
        job = _finished_job(client, jobs, str(fill(query, values)), sleep)
    place_of = {"maxRecords": BULK_ROWS, **({"locator": locator} if locator else {})}
    answer = client.ask("GET", f"{jobs}/{job}/results", place_of, headers={"Accept": "text/csv"})
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8")))
    records = [{name: value or None for name, value in row.items()} for row in rows]
    following = answer.headers.get("sforce-locator", "null")
    return Page(records, "" if following in ("null", "") else f"{job} {following}")


def is_of_job(position: str) -> bool:
    """Say whether a position lies in the result of a query job, and is no link to a page."""
    return " " in position


def _finished_job(client: HttpClient, jobs: str, query: str, sleep: Callable[[float], None]) -> str:
    body = {"operation": "queryAll", "query": query, "contentType": "CSV"}
    job = content_of(client.ask("POST", jobs, body=body), client.connector.name)
    for _ in range(POLLS):
        if job["state"] == "JobComplete":
            return str(job["id"])
        if job["state"] in ("Failed", "Aborted"):
            reason = client.keys.hidden(str(job.get("errorMessage") or "no reason given"))
            raise SourceError(f"{client.connector.name}: the query job ended as {job['state']}: {reason}", jobs)
        sleep(POLL_SECONDS)
        job = content_of(client.ask("GET", f"{jobs}/{job['id']}"), client.connector.name)
    raise SourceError(f"{client.connector.name}: the query job is not done after an hour.", jobs, "Sync again later.")
