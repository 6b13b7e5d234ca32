"""The digests people have set up, made by the worker once new data are ready, so that nobody waits for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.access import LOCAL, Identity, View, can, row_scope
from core.access import view as cut_to
from core.access.identity import OWN
from core.artifacts import DIGESTS, JSON, open_cache
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import AccessError, QuarterdeckError

if TYPE_CHECKING:
    from core.models.bundle import Bundle
    from core.store import Store
    from core.store.repositories import Saved

KIND, ALL = "digest", "digests"
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Ready:
    """A digest that is made.

    Attributes
    ----------
    as_of : str
        The last day of its data, as ISO text.
    made_at : str
        When it was made, as ISO text in UTC.
    rows_of : str
        The view its rows were cut to.
    sentence, html, markdown : str
    """

    as_of: str
    made_at: str
    rows_of: str
    sentence: str
    html: str
    markdown: str


def ask(store: Store, by: str) -> bool:
    """Ask for the digests that are set up; say whether there are any."""
    is_wanted = bool(store.digests.list())
    if is_wanted:
        store.jobs.ask(KIND, ALL, by=by)
    return is_wanted


def ready(settings: Settings, owner: str, name: str, view: View) -> Ready | None:
    """Return the digest made last of a set-up; None where none is kept, or its owner sees other rows by now."""
    values = open_cache(settings.home).read(DIGESTS, _key(owner, name), JSON)
    return Ready(**values) if values is not None and values["rows_of"] == repr(view) else None


def make_all(settings: Settings, store: Store, report: Report, clock: Callable[[], datetime]) -> str:
    """Make every digest that is set up, each of the rows its owner may see, and keep it.

    Parameters
    ----------
    settings : Settings
    store : Store
    report : callable
        Takes the share that is done, from 0 to 1, and what is being done.
    clock : callable
        Returns the present time in UTC.

    Returns
    -------
    str
        How many were made, and of which the owner may not see any more what they speak of.

    Raises
    ------
    QuarterdeckError
        When the data cannot be read or no model can be trained on them.
    """
    from core.models import registry
    from core.sources import load_data

    whole = load_data(settings)
    own = fitted(settings, whole)
    bundle = registry.load_or_train(whole, own)
    entries, refused = store.digests.list(), []
    for number, entry in enumerate(entries):
        report(number / len(entries), entry.name)
        try:
            made = _made(entry, _identity(settings, store, entry.owner), whole, settings, bundle, clock())
        except QuarterdeckError:
            refused.append(entry.name)
            continue
        open_cache(settings.home).put(DIGESTS, _key(entry.owner, entry.name), vars(made), JSON)
    n_made = len(entries) - len(refused)
    sentence = f"{n_made} digest{'s' * (n_made != 1)} made, as of {whole.as_of.isoformat()}."
    if refused:
        sentence += f" Not made, for their owners may not see what they speak of: {', '.join(refused)}."
    return sentence


def _made(entry: Saved, who: Identity, whole: Dataset, settings: Settings, bundle: Bundle, now: datetime) -> Ready:
    """Make one digest, of what its owner sees and its scope leaves of that."""
    from core import digest
    from core.branding import letterhead
    from core.models import registry
    from core.scope import Scope, applied, narrowing

    if not can(who, "executive:read", settings.roles):
        raise AccessError("The owner may not read the executive page any more.")
    fit = fitted(settings, whole)
    head = row_scope.own_head(whole, who.user) if who.team_of == OWN else who.team_of
    view = View(who.regions, head, who.is_masked, who.hidden)
    visible = cut_to(whole, fit, *view.fields) if view.is_cut else whole
    scope = Scope.from_address(str(entry.payload.get("scope", "")))
    data = applied(visible, fit, scope)
    plan = digest.Plan(
        str(entry.payload.get("person", "")),
        narrowing.sentence(visible, fit, scope),
        float(entry.payload.get("limit_amount", digest.Plan().limit_amount)),
    )
    content = digest.digest(data, fitted(settings, data), registry.bundle_of(data, fit, bundle), plan)
    made_at = now.isoformat(timespec="seconds")
    page = digest.html(content, head=letterhead.of(settings))
    return Ready(data.as_of.isoformat(), made_at, repr(view), content.sentence(), page, digest.markdown(content))


def _identity(settings: Settings, store: Store, user: str) -> Identity:
    """Return a person as they would be let in now."""
    if settings.access.sign_in == "none":
        return replace(LOCAL, is_masked=settings.access.mask_names)
    from core.access.directory import in_force

    groups = (*store.known_people.groups(user), *store.provisioned.groups(user))
    return in_force(settings, store.access.current()).identify(user, None, groups)


def _key(owner: str, name: str) -> str:
    return hashlib.blake2b(f"{owner}\n{name}".encode(), digest_size=16, person=b"digest").hexdigest()
