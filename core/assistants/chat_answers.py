"""What a question that came by chat is answered, and how Slack and Teams write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request

from core.alerts import delivering
from core.alerts.sight import address
from core.api.caller import Caller, Company, on_behalf
from core.api.limits import RateLimit
from core.api.routes.question_routes import desk
from core.assistants import chat_people
from core.contracts.errors import AccessError, QuarterdeckError
from core.formats import chance, money
from core.questions import answering
from core.questions.answering import Answer, Refusal
from core.scope import Scope

EMPTY = "Ask a question, such as “win rate in EMEA last quarter”."
Form = Callable[[str, str, str], str]


@dataclass(frozen=True)
class Asked:
    """A question that came by chat.

    Attributes
    ----------
    mark : str
        Who asks, as `chat_people.mark_of` writes it.
    text : str
    is_open : bool
        Whether others read the answer, so that names are hidden in it whatever the asker sees.
    """

    mark: str
    text: str
    is_open: bool


def answer(company: Company, asked: Asked, request: Request, limit: RateLimit, form: Form) -> str:
    """Return what is answered: to whoever is known here, from the rows they see, with names hidden where they must be.

    Parameters
    ----------
    company : Company
    asked : Asked
    request : Request
    limit : RateLimit
        How often one person may ask.
    form : callable
        Writes title, text and link as the service shows them.
    """
    settings = company.read()
    store = company.store(settings)
    user = chat_people.user_of(store, asked.mark)
    if not user:
        store.audit.add("chat", "refused a question", asked.mark[:200], "nobody here")
        return form("", f"You are not known here. Your administrator can say who you are: {asked.mark}", "")
    if not limit.take(user).is_taken:
        return form("", "You ask very often. Wait a minute.", "")
    if not asked.text:
        return form("", EMPTY, "")
    try:
        caller = on_behalf(company, user, "chat", request)
    except AccessError as error:
        store.audit.add(user, "was refused a question", asked.mark[:200], error.what)
        return form("", error.what, "")
    caller.identity = replace(caller.identity, is_masked=caller.identity.is_masked or asked.is_open)
    return _answered(caller, asked, form)


def _answered(caller: Caller, asked: Asked, form: Form) -> str:
    try:
        given = answering.ask(asked.text, desk(caller), Scope())
    except QuarterdeckError as error:
        return form("", str(error), "")
    name = "no answer" if isinstance(given, Refusal) else given.topic.name
    by = asked.mark.partition(" ")[0]
    caller.store.audit.add(caller.identity.user, "asked a question", name, f"{asked.text[:200]} (by {by})")
    if isinstance(given, Refusal):
        return form("", given.sentence, "")
    return form(given.topic.title, _told(given), _link(given, delivering.site_of(caller.store)))


def _told(given: Answer) -> str:
    figure = f"{_figure(given)}. " if given.value is not None else ""
    return f"{figure}{given.sentence} {given.about.rstrip('.')}. As of {given.as_of:%d %b %Y}."


def _figure(given: Answer) -> str:
    """Return the number as it is said: money with its currency, a share in per cent."""
    assert given.value is not None
    if given.unit == "money":
        return money(given.value, given.currency)
    if given.unit == "rate":
        return chance(given.value) if given.topic.name == "confidence" else f"{given.value:.1%}"
    digits = 0 if given.unit in ("count", "days") else 2
    return f"{given.value:,.{digits}f}{' days' if given.unit == 'days' else ''}"


def _link(given: Answer, site: str) -> str:
    if not site:
        return ""
    page = given.topic.page.removeprefix("pages/").removesuffix(".py").replace("app", "")
    return site + address(f"/{page}", see=given.topic.cell, **given.scope.parameters)


def as_slack(title: str, text: str, link: str) -> str:
    """Return an answer as Slack writes it; what is said is text, whatever letters it has."""

    def plain(words: str) -> str:
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    head = f"*{plain(title)}*\n" if title else ""
    return f"{head}{plain(text)}" + (f"\n<{link}|More on the page>" if link else "")


def as_teams(title: str, text: str, link: str) -> str:
    """Return an answer as Teams writes it: Markdown, in which what is said is text."""

    def plain(words: str) -> str:
        return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", words)

    head = f"**{plain(title)}**\n\n" if title else ""
    return f"{head}{plain(text)}" + (f"\n\n[More on the page]({link.replace(')', '%29')})" if link else "")
