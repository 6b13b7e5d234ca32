"""Questions in words: which there are, and the answer of one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from itertools import takewhile
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from core.api import paging
from core.api.caller import Asking, Caller, Scoped
from core.api.problems import ApiError, routes_under
from core.config import Settings
from core.contracts import Dataset
from core.questions import answering
from core.questions.answering import Answer, Desk, Refusal
from core.questions.topics import TOPICS, Topic
from core.scope import Scope

router = routes_under("/v1/questions", "questions")
MOST_ROWS = 200


class Question(BaseModel):
    """A question in words."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(examples=["win rate in EMEA last quarter"], min_length=1, max_length=1_000)


class KnownQuestion(BaseModel):
    """A question that can be asked."""

    name: str
    question: str
    right: str
    page: str


class Answered(BaseModel):
    """What a question was answered, or why it was not, with the three nearest that can be."""

    question: str
    is_answered: bool
    name: str = ""
    asked: str = ""
    sentence: str
    value: float | None = None
    unit: str = ""
    currency: str | None = None
    about: str = ""
    as_of: date | None = None
    scope: dict[str, str] = Field(default_factory=dict)
    formula: str = ""
    page: str = ""
    n_rows: int = 0
    rows: list[dict[str, Any]] = Field(default_factory=list)
    nearest: list[str] = Field(default_factory=list)


class SignedAnswer(BaseModel):
    """An answer with its signature."""

    answer: dict[str, Any]
    public_key: str
    signature: str


@router.get("", summary="What can be asked", operation_id="questions")
def listed(asking: Asking) -> list[KnownQuestion]:
    """Return the questions there are answers to, for the rights of the key."""
    return [_known(topic) for topic in TOPICS if asking.may(topic.right)]


@router.post("", summary="Ask a question in words", operation_id="ask")
def ask(asked: Question, asking: Asking, scoped: Scoped) -> Answered:
    """Return the answer of a question, from the same functions as the pages, for the rows the caller sees; what is not
    understood is refused with the three nearest questions. Takes the right of what is asked for.
    """
    given = answer(asked.question, asking, scoped)
    name = "no answer" if isinstance(given, Refusal) else given.topic.name
    asking.audit("asked a question", name, given.question[:200])
    return shown(given)


@router.post("/signed", summary="Ask a question, and get its answer signed", operation_id="ask_signed")
def ask_signed(asked: Question, asking: Asking, scoped: Scoped) -> SignedAnswer:
    """Return the answer of a question as a file that `quarterdeck verify` checks: with its formula, a hash of its rows,
    the state of the data, of the code and of the models, and this installation's signature. Takes the right of what is
    asked for.
    """
    from core.questions import signed_answers, signing_key

    given = answer(asked.question, asking, scoped)
    if isinstance(given, Refusal):
        raise ApiError(422, given.why, given.sentence.removeprefix(given.why).strip())
    body = signed_answers.content(given, asking.seen(asking.company.data(asking.settings)), desk(asking))
    asking.audit("signed an answer", given.topic.name, given.question[:200])
    return SignedAnswer(**signed_answers.signed(body, signing_key.private_key(asking.settings.home)))


def answer(question: str, asking: Caller, scoped: Scope) -> Answer | Refusal:
    """Return a question's answer to a caller."""
    return answering.ask(question, desk(asking), scoped)


def desk(asking: Caller) -> Desk:
    """Return what a caller's questions are answered from."""
    data, settings = asking.part(Scope())

    def work(function: Callable[..., Any], rows: Dataset, config: Settings, *more: Any) -> Any:
        name = f"{function.__module__}.{function.__qualname__}"
        simple = all(isinstance(entry, str | int | float) for entry in more)
        if not simple:
            return function(rows, config, *models(function, asking, rows, config), *more)
        return asking.result(
            name, rows, config, lambda: function(rows, config, *models(function, asking, rows, config), *more), *more
        )

    return Desk(data, settings, asking.may, work, asking.bundle, lambda: _calls(asking, data), asking.interactions)


def models(function: Callable[..., Any], asking: Caller, data: Dataset, settings: Settings) -> list[Any]:
    """Return the models a function takes after data and settings, by its signature."""
    names = list(inspect.signature(function).parameters)[1:]
    wanted = list(
        takewhile(lambda name: name in ("bundle", "customers"), [name for name in names if name != "settings"])
    )
    if not wanted:
        return []
    bundle = asking.bundle(data, settings)
    if "customers" not in wanted:
        return [bundle]
    from core.models.customers import account_outlook

    customers = account_outlook.load_or_build(data, settings, bundle)
    return [{"bundle": bundle, "customers": customers}[name] for name in wanted]


def _calls(asking: Caller, data: Dataset) -> tuple[pl.DataFrame, pl.DataFrame]:
    from core.access import saved_content
    from core.access.saved_content import Reader
    from core.forecasts import calls

    mine = saved_content.calls(Reader.of(asking.identity, data), calls.kept(data, asking.store))
    return mine, calls.reviewed(data, asking.store)


def _known(topic: Topic) -> KnownQuestion:
    return KnownQuestion(name=topic.name, question=topic.title, right=topic.right, page=topic.page)


def shown(given: Answer | Refusal) -> Answered:
    """Return an answer as the API writes it."""
    if isinstance(given, Refusal):
        titles = [topic.title for topic in given.nearest]
        return Answered(question=given.question, is_answered=False, sentence=given.why, nearest=titles)
    rows = paging.page(given.frame, MOST_ROWS, "", "")
    return Answered(
        question=given.question,
        is_answered=True,
        name=given.topic.name,
        asked=given.topic.title,
        sentence=given.sentence,
        value=given.value,
        unit=given.unit,
        currency=given.currency if given.unit == "money" else None,
        about=given.about,
        as_of=given.as_of,
        scope=given.scope.parameters,
        formula=given.formula,
        page=given.topic.page,
        n_rows=rows.n_rows,
        rows=rows.rows,
    )
