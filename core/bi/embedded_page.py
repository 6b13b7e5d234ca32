"""The page a signed link opens: one answer, with nothing that runs, is clicked or is loaded from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlsplit

import polars as pl
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.access import EVERYBODY
from core.api.caller import Caller, Company, on_behalf
from core.api.clock import now
from core.api.limits import RateLimit
from core.api.routes.question_routes import desk
from core.bi import embedded_cell, embedding
from core.charts import page_tables, snapshot, typeface
from core.charts.page_tables import Column, PageTable
from core.config import Settings
from core.contracts.errors import AccessError, QuarterdeckError
from core.formats import Formats
from core.questions import answering, row_headings
from core.questions.answering import Answer, Refusal
from core.store.embed_links import EmbedLink

A_MINUTE = 120
GONE = "This link opens nothing. It may have expired or been ended: ask whoever put it here for a new one."
BUSY = "This is opened too often at the moment. Try again in a minute."
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; "
    "form-action 'none'; sandbox; frame-ancestors {ancestors}"
)
LOOKS: dict[str, page_tables.Look] = {"percent": "percent", "compact": "money", "localized": "number"}


def application(company: Company) -> Starlette:
    """Return the page as an ASGI application that answers from what the API answers from."""
    limit = RateLimit(A_MINUTE)

    async def answer(request: Request) -> Response:
        return await run_in_threadpool(_page, request, company, limit)

    return Starlette(routes=[Route("/{address}", answer, methods=["GET"])])


def _page(request: Request, company: Company, limit: RateLimit) -> Response:
    settings = company.read()
    store = company.store(settings)
    link, why = embedding.opened(store.embed_links, embedding.secret_of(store), request.path_params["address"], now())
    if link is None:
        return _shown(settings, GONE, 404)
    if not limit.take(link.mark).is_taken:
        return _shown(settings, BUSY, 429)
    text, status = GONE, 404
    if not why:
        try:
            text, status = _answer(request, company, settings, link), 200
        except QuarterdeckError as error:
            why = error.what
    store.embed_links.note(link, _site(request), why)
    return _shown(settings, text, status)


def _answer(request: Request, company: Company, settings: Settings, link: EmbedLink) -> str:
    """Return what a link shows.

    Raises
    ------
    AccessError
        When its owner may not show it any more, or sees other rows than when it was made.
    QuarterdeckError
        When there is no answer.
    """
    caller = on_behalf(company, link.owner, link.mark, request)
    cell = embedding.cell_of(link.content)
    if cell is not None:
        _check(caller, link, cell.right)
        return embedded_cell.body(cell, link, caller)
    topic, slots = embedding.asked_by(link.content)
    _check(caller, link, topic.right)
    given = answering.of_topic(str(link.content["question"]), topic, slots, desk(caller))
    if isinstance(given, Refusal):
        raise AccessError(given.why)
    return body(given, link, settings)


def _check(caller: Caller, link: EmbedLink, right: str) -> None:
    """Hide names from a link's owner where the link does, if they may still show what it does.

    Raises
    ------
    AccessError
    """
    if not caller.may(embedding.RIGHT) or (right != EVERYBODY and not caller.may(right)):
        raise AccessError("Its owner may not show that any more.")
    if not embedding.is_same_view(link.content, caller.seen(caller.company.data(caller.settings))):
        raise AccessError(embedding.NARROWED)
    caller.identity = replace(caller.identity, is_masked=caller.identity.is_masked or bool(link.content["is_masked"]))


def body(answer: Answer, link: EmbedLink, settings: Settings) -> str:
    """Return an answer as HTML: what the link shows of it, the day of the data, and which part they are of.

    Parameters
    ----------
    answer : Answer
    link : EmbedLink
    settings : Settings
    """
    shows = link.content["shows"]
    parts = [f"<h1>{escape(link.title)}</h1>"]
    if "sentence" in shows:
        parts.append(f"<p>{escape(answer.sentence)}</p>")
    if "chart" in shows and (drawn := answer.chart()):
        function, given = drawn
        parts.append(snapshot.figure(function(*given).to_dict()))
    if "rows" in shows and not answer.frame.is_empty():
        parts.append(page_tables.html(_table(answer), Formats()))
    about = f"{settings.company}. {answer.about.rstrip('.')}. As of {answer.as_of:%d %b %Y}."
    return "".join([*parts, f"<footer>{escape(about)}</footer>"])


def _table(answer: Answer) -> PageTable:
    rows = answer.frame.select(
        name for name, kind in answer.frame.schema.items() if kind not in (pl.Object, pl.Binary) and name[-3:] != "_id"
    )
    columns = []
    for name, kind in rows.schema.items():
        words, form = row_headings.heading(answer, name)
        columns.append(Column(name, words, _look(kind, form)))
    return PageTable(rows, tuple(columns), answer.currency).narrow()


def _look(kind: pl.DataType, form: str) -> page_tables.Look:
    if kind == pl.Date:
        return "day"
    return LOOKS.get(form, "number") if kind.is_numeric() else "text"


def _site(request: Request) -> str:
    """Return the site an answer is shown on, as the browser says: scheme and host alone."""
    try:
        url = urlsplit(request.headers.get("referer", "")[:300])
    except ValueError:
        return ""
    return f"{url.scheme}://{url.netloc}"[:100] if url.scheme and url.netloc else ""


def _shown(settings: Settings, inner: str, status: int) -> HTMLResponse:
    plain = f"<p>{escape(inner)}</p>" if status != 200 else inner
    page = SHELL.format(title=escape(settings.branding.name), style=f"{typeface.stylesheet()}\n{STYLE}", body=plain)
    return HTMLResponse(page, status, headers=headers(settings))


def headers(settings: Settings) -> dict[str, Any]:
    """Return the headers of an embedded page: who may frame it, and that nothing may be loaded, run or kept."""
    return {
        "Content-Security-Policy": POLICY.format(ancestors=embedding.frame_ancestors(settings)),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }


STYLE = f"""body {{ font: 15px/1.5 {typeface.FAMILY}, system-ui, sans-serif; color: #17242d; background: white;
  margin: 0; padding: 12px 16px }}
h1 {{ font-size: 18px; margin: 0 0 4px }} p {{ margin: 4px 0 8px }} figure {{ margin: 8px 0 }}
figure svg {{ max-width: 100%; height: auto }} footer {{ font-size: 12px; color: #55636c; margin-top: 8px }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px; display: block; overflow-x: auto }}
th, td {{ text-align: left; padding: 3px 6px; border-bottom: 1px solid #dfe3e6; vertical-align: top }}
.n {{ text-align: right }}"""
SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body>{body}</body></html>
"""
