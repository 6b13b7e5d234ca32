"""Who asks, by which key, and what they see: the same rows, masking and rights as on the pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from fastapi import Depends, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from core.access import LOCAL, Identity, can
from core.access.directory import in_force
from core.access.identity import OWN
from core.access.row_scope import own_head
from core.access.row_view import WHOLE, View, view
from core.api import idempotency
from core.api.bearer_tokens import Bearer, BearerTokens, groups_of
from core.api.clock import now
from core.api.limits import RateLimit
from core.api.problems import ApiError, NotModifiedError
from core.artifacts import RESULTS, process_shelf, settings_text
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import AccessError, ModelError
from core.forecasts import week_ago
from core.jobs.job_kinds import LEARN, MODELS
from core.models.bundle import Bundle
from core.scope import Scope, applied, fiscal_period
from core.store import Store
from core.store.api_keys import ALL, BEGINS, ApiKey
from core.store.jobs import FAILED

if TYPE_CHECKING:
    from core.interactions.interaction_view import Interactions

T = TypeVar("T")
Period = Literal["this quarter", "last quarter", "next quarter", "this year", "custom"]
DealType = Literal["", "new", "expansion", "renewal"]
PATIENCE = timedelta(minutes=10)
CHALLENGE = {"WWW-Authenticate": "Bearer"}
KEYS_OPEN = "A key made on the Admin page or by `quarterdeck api-key make`, or a token of the identity provider."
BEARER = HTTPBearer(auto_error=False, description=KEYS_OPEN)


@dataclass(frozen=True)
class Company:
    """What an application answers from.

    Attributes
    ----------
    read : callable
        Returns the settings as they stand.
    data : callable
        Returns the company's data under some settings.
    store : callable
        Returns the open database of some settings.
    limit : RateLimit
    tokens : callable
        Returns what checks the tokens of the identity provider; None where people do not sign in with one.
    """

    read: Callable[[], Settings]
    data: Callable[[Settings], Dataset]
    store: Callable[[Settings], Store]
    limit: RateLimit
    tokens: Callable[[Settings], BearerTokens | None] = lambda _: None


@dataclass
class Caller:
    """One request's caller.

    Attributes
    ----------
    company : Company
    settings : Settings
    store : Store
    key : ApiKey
    identity : Identity
    request, response
        What was asked, and what is being answered.
    """

    company: Company
    settings: Settings
    store: Store
    key: ApiKey
    identity: Identity
    request: Request
    response: Response

    def may(self, right: str) -> bool:
        """Say whether owner and key both hold a right."""
        own = Identity("", "", (), rights=self.key.rights)
        return can(self.identity, right, self.settings.roles) and can(own, right)

    def need(self, right: str) -> None:
        """Refuse who does not hold a right.

        Raises
        ------
        AccessError
        """
        if not self.may(right):
            raise AccessError(f"This key does not hold the right {right}.", mend="Ask an administrator for it.")

    @cached_property
    def whole(self) -> Dataset:
        """Return all rows the caller may see, names hidden where they must be."""
        data = self.company.data(self.settings)
        cut = self.seen(data)
        if cut == WHOLE:
            return data
        key = ("api view", data.fingerprint, settings_text(self.settings), *cut.fields)
        return shelved(key, lambda: view(data, self.settings, *cut.fields))

    def seen(self, data: Dataset) -> View:
        """Return what the company's data are cut to for the caller."""
        who = self.identity
        head = own_head(data.company, who.user) if who.team_of == OWN else who.team_of
        return View(who.regions, head, who.is_masked, who.hidden)

    def part(self, scope: Scope) -> tuple[Dataset, Settings]:
        """Return the rows of a scope that the caller may see, and the settings with their stages and currency."""
        settings = fitted(self.settings, self.whole)
        if scope == Scope():
            return self.whole, settings
        key = ("api scope", self.whole.fingerprint, settings_text(settings), scope.normal)
        data = shelved(key, lambda: applied(self.whole, settings, scope))
        return data, fitted(settings, data)

    def opened(self, scope: Scope, right: str = "") -> tuple[Dataset, Settings]:
        """Return the rows of a scope and their settings to whoever holds a right, and mark the answer by them.

        Raises
        ------
        AccessError
            When the caller does not hold the right.
        NotModifiedError
            When the caller has the answer already.
        """
        if right:
            self.need(right)
        data, settings = self.part(scope)
        self.mark(data, settings)
        return data, settings

    def measured(self, scope: Scope) -> tuple[Dataset, Settings]:
        """Return the rows of a scope as they were known at the end of its period, where that is over."""
        data, settings = self.part(scope)
        last = fiscal_period.days(scope, data.as_of, settings).last
        return (data if last >= data.as_of else week_ago.dataset_on(data, settings, last)), settings

    def interactions(self, data: Dataset, settings: Settings) -> Interactions:
        """Return the mails, meetings and calls of some rows that the caller may see, under the names they see."""
        from core.interactions import interaction_view

        hides_people = interaction_view.HIDES_PEOPLE in self.identity.hidden
        return interaction_view.of(data, settings, self.store, hides_people)

    def mark(self, data: Dataset, settings: Settings, models: str = "") -> None:
        """Mark the answer by what it rests on, and end the request where the caller has it already.

        `models` names the models it rests on, so that it changes when they are learnt anew.

        Raises
        ------
        NotModifiedError
        """
        asked = self.request
        given = [data.fingerprint, settings_text(settings), asked.url.path, sorted(asked.query_params.multi_items())]
        text = json.dumps([*given, self.identity.is_masked, models], default=str)
        etag = f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'
        seen = {word.strip().removeprefix("W/") for word in asked.headers.get("if-none-match", "").split(",")}
        if seen & {etag, "*"}:
            raise NotModifiedError(etag)
        self.response.headers["ETag"] = etag
        self.response.headers["Cache-Control"] = "private, no-cache"

    def bundle(self, data: Dataset, settings: Settings) -> Bundle:
        """Return the models with their record for some rows; where there are none yet, a worker is asked for them.

        Raises
        ------
        ApiError
            While they are being learnt.
        ModelError
            When there is too little to learn from.
        """
        from core.forecasts import backtest_archive
        from core.models import registry

        if not registry.is_trained(data, settings):
            self._ask_to_learn()
        return backtest_archive.with_record(data, settings, registry.load_or_train(data, settings))

    def _ask_to_learn(self) -> None:
        """Ask a worker to learn the models, unless one said a while ago why it cannot."""
        last = self.store.jobs.last(LEARN, MODELS)
        if last is not None and last.state == FAILED and now() - (last.ended_at or last.asked_at) < PATIENCE:
            raise ModelError(last.message)
        self.store.jobs.ask(LEARN, MODELS, by=self.identity.user)
        raise ApiError(409, "The models are being learnt.", "Ask again in a minute.", {"Retry-After": "60"})

    def result(self, name: str, data: Dataset, settings: Settings, make: Callable[[], T], *given: Hashable) -> T:
        """Return what a function gives for some rows, worked out once as long as they stay the same."""
        return shelved(("api", name, data.fingerprint, data.as_of, settings_text(settings), given), make)

    def audit(self, action: str, target: str, detail: str = "") -> None:
        """Write down what the caller did, under the owner's name and the key's prefix."""
        self.store.audit.add(self.identity.user, action, target, f"{detail} (API key {self.key.prefix})".strip())


def shelved(key: Hashable, make: Callable[[], T]) -> T:
    """Return what is in the memory of this process, made once where it is not."""
    shelf = process_shelf(RESULTS)
    value: T = shelf.get(key, make)
    return value


def identified(key: ApiKey, settings: Settings, store: Store) -> Identity:
    """Return whose rights a key has.

    Raises
    ------
    AccessError
        When the owner has no role any more, or was deactivated.
    """
    directory = in_force(settings, store.access.current())
    if key.roles:
        rights, hidden = directory.rights(key.roles), directory.hidden(key.roles)
        return Identity(key.owner, key.name, key.roles, (), "", directory.masks_all, rights, hidden)
    if settings.access.sign_in == "none":
        return replace(LOCAL, user=key.owner, is_masked=settings.access.mask_names)
    if store.provisioned.is_shut_out(key.owner):
        raise AccessError("The account of this key's owner was deactivated.", mend="Ask an administrator.")
    groups = (*store.known_people.groups(key.owner), *store.provisioned.groups(key.owner))
    return directory.identify(key.owner, None, groups)


def on_behalf(company: Company, user: str, mark: str, request: Request) -> Caller:
    """Return somebody as a caller without a key of theirs: what asks for them has been checked otherwise.

    Parameters
    ----------
    company : Company
    user : str
        What they sign in as.
    mark : str
        By which way, as the audit log says it.
    request : Request

    Raises
    ------
    AccessError
        When they have no role any more, or were deactivated.
    """
    settings = company.read()
    store = company.store(settings)
    key = ApiKey(0, mark, mark, user, (ALL,), (), now(), None, None, None)
    return Caller(company, settings, store, key, identified(key, settings, store), request, Response())


def caller(
    request: Request,
    response: Response,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return who asks.

    Raises
    ------
    ApiError
        Without a key that opens anything, and when it asks too often.
    """
    company: Company = request.app.state.company
    settings = company.read()
    store = company.store(settings)
    if token is None:
        raise ApiError(401, "A key is needed.", "Send it as `Authorization: Bearer qd_…`.", CHALLENGE)
    key, bearer = _opened(company, settings, store, token.credentials)
    verdict = company.limit.take(key.prefix)
    if not verdict.is_taken:
        raise ApiError(429, "This key asks too often.", "Wait as long as Retry-After says.", verdict.headers)
    response.headers.update(verdict.headers)
    identity = _signed_in(bearer, settings, store) if bearer else identified(key, settings, store)
    idempotency.begin(request, store, identity.user, key.prefix)
    return Caller(company, settings, store, key, identity, request, response)


def _opened(company: Company, settings: Settings, store: Store, token: str) -> tuple[ApiKey, Bearer | None]:
    """Return the key a token is; or one that stands for it, and whom it names, where it is the identity provider's.

    Raises
    ------
    ApiError
        When it opens nothing.
    """
    checker = None if token.startswith(BEGINS) else company.tokens(settings)
    try:
        if checker is None:
            return store.api_keys.check(token), None
        bearer = checker.check(token)
    except AccessError as error:
        raise ApiError(401, error.what, error.mend, CHALLENGE) from error
    mark = hashlib.blake2b(bearer.user.encode(), digest_size=4).hexdigest()
    return ApiKey(0, f"t{mark}", "Signed in", bearer.user, (ALL,), (), now(), None, None, None), bearer


def _signed_in(bearer: Bearer, settings: Settings, store: Store) -> Identity:
    """Return who somebody is whom the identity provider names, by the same rules as on the pages.

    Raises
    ------
    AccessError
        When they have no role, or were deactivated.
    """
    directory = in_force(settings, store.access.current())
    if store.provisioned.is_shut_out(bearer.user):
        raise AccessError("Your account was deactivated by your company's directory.", mend="Ask your admin.")
    own = groups_of(bearer.claims, settings.access.group_claims)
    groups = (*own, *store.known_people.groups(bearer.user), *store.provisioned.groups(bearer.user))
    return directory.identify(bearer.user, bearer.name, groups)


def chosen(
    period: Annotated[Period, Query(description="custom needs from and to.")] = "this quarter",
    begin: Annotated[date | None, Query(alias="from", description="First day of a custom period.")] = None,
    end: Annotated[date | None, Query(alias="to", description="Its last day.")] = None,
    region: Annotated[str, Query(description="As `scope` lists it.")] = "",
    team: Annotated[str, Query(description="A team, or the id of whoever leads one; everybody below counts.")] = "",
    rep: Annotated[str, Query(description="The id of one person.")] = "",
    segment: Annotated[str, Query(description="Of the account.")] = "",
    family: Annotated[str, Query(description="Product family.")] = "",
    deal_type: Annotated[DealType, Query(alias="type")] = "",
    pipeline: Annotated[str, Query(description="Of the deal.")] = "",
    currency: Annotated[str, Query(description="ISO code; empty for the reporting currency.")] = "",
) -> Scope:
    """Return the scope of a request, written as in the address of a page."""
    given = {
        "period": period,
        "from": str(begin or ""),
        "to": str(end or ""),
        "region": region,
        "team": team,
        "rep": rep,
    }
    more = {"segment": segment, "family": family, "type": deal_type, "pipeline": pipeline, "currency": currency}
    return Scope.from_address({name: value for name, value in (given | more).items() if value})


Asking = Annotated[Caller, Depends(caller)]
Scoped = Annotated[Scope, Depends(chosen)]
