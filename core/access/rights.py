"""What each role may do, and who holds which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from core.access.directory import GROUP, PERSON, Directory, Entry, in_force
from core.access.field_hiding import WORDS
from core.access.identity import AREAS, OWN, Identity, can
from core.config import Settings
from core.config.settings import AccessRule, Person
from core.contracts import Dataset
from core.local_times import moment
from core.localization import message

WAYS = {
    "none": "Sign-in is off: everybody who can reach the app has full access.",
    "oidc": "People sign in with your identity provider.",
    "header": "A proxy in front signs people in and names them to the app.",
}

# Who leads a team is not told to an administrator who does not see that part of the company.
ELSEWHERE = "somebody outside your part of the company"


@dataclass(frozen=True)
class Rights:
    """A table about access, and what it says in a sentence."""

    frame: pl.DataFrame
    text: str

    def sentence(self) -> str:
        """Return the sentence."""
        return self.text


def by_role(data: Dataset, settings: Settings, entries: tuple[Entry, ...] = ()) -> Rights:
    """What each role can do in each area.

    Parameters
    ----------
    data : Dataset
        Not used; every call behind a page takes data and settings.
    settings : Settings
        `roles` gives the rights; to write includes to read, `*` is everything.
    entries : tuple
        Rules written in the app, as `directory.in_force` takes them.

    Returns
    -------
    Rights
        frame: [Area, one column per role], each "Write", "Read" or "–" where the role has no right; the last row
        says what the role does not see.
    """
    rules = in_force(settings, entries)
    columns = {}
    for role in rules.roles:
        hidden = ", ".join(WORDS[name] for name in rules.hidden([role])).capitalize() or "–"
        columns[_label(role)] = [*(permission(rules, role, area) for area in AREAS), hidden]
    areas = [*map(_label, AREAS), "Does not see"]
    frame = pl.DataFrame({"Area": areas, **columns}, schema=dict.fromkeys(["Area", *columns], pl.String))
    return Rights(
        frame,
        message("{ways} There are {n_roles} roles.", ways=WAYS[settings.access.sign_in], n_roles=len(rules.roles)),
    )


def _label(name: str) -> str:
    return "CRM" if name == "crm" else name.replace("_", " ").capitalize()


def permission(rules: Directory, role: str, area: str) -> str:
    """Return what a role may do in an area: "Write", "Read" or "–"."""
    who = Identity("", "", (role,), rights=rules.rights([role]))
    return next((act.capitalize() for act in ("write", "read") if can(who, f"{area}:{act}")), "–")


def people(data: Dataset, settings: Settings, entries: tuple[Entry, ...] = ()) -> Rights:
    """Who is listed as a user, with roles and the data they see.

    Parameters
    ----------
    data : Dataset
        Not used; every call behind a page takes data and settings.
    settings : Settings
        `access.people` and `access.everyone_else`.
    entries : tuple
        Rules written in the app, as `directory.in_force` takes them.

    Returns
    -------
    Rights
        frame: [user, name, roles, scope, is_masked, source, problem], by user; problem names a role that does
        not exist, a region that is not in the data or a head of a team who is not in the sales team,
        else null.
    """
    rules = in_force(settings, entries)
    frame = _listed(data, settings, rules, PERSON, rules.people)
    others = ", ".join(settings.access.everyone_else)
    rest = message("everybody else who signs in is {others}", others=others) if others else "nobody else is let in"
    if rules.groups:
        rest = message("others come in by their groups, and {rest}", rest=rest)
    if settings.access.sign_in == "none":
        rest = "a list takes effect once access.sign_in is oidc or header"
    number = {0: "Nobody is", 1: "One person is"}.get(frame.height, f"{frame.height} people are")
    return Rights(
        frame, message("{number} listed; {rest}.{mistakes}", number=number, rest=rest, mistakes=_mistakes(frame))
    )


def groups(data: Dataset, settings: Settings, entries: tuple[Entry, ...] = ()) -> Rights:
    """What groups of the identity provider give to whoever is in them.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        `access.groups`.
    entries : tuple
        Rules written in the app, as `directory.in_force` takes them.

    Returns
    -------
    Rights
        frame: [group, roles, scope, is_masked, source, problem], in the order in which they count.
    """
    rules = in_force(settings, entries)
    frame = _listed(data, settings, rules, GROUP, rules.groups).drop("name").rename({"user": "group"})
    if frame.is_empty():
        return Rights(frame, "No group has rights here: people are listed one by one.")
    number = "One group has" if frame.height == 1 else message("{height} groups have", height=frame.height)
    return Rights(
        frame,
        message(
            "{number} rights; of somebody in several, the first counts.{mistakes}",
            number=number,
            mistakes=_mistakes(frame),
        ),
    )


def _listed(
    data: Dataset, settings: Settings, rules: Directory, kind: str, table: Mapping[str, AccessRule]
) -> pl.DataFrame:
    # Rules name true ids, so they are checked against the company's own rows.
    company = data.company
    rows, names = [], _team_names(data) | {OWN: "own"}
    for user, rule in sorted(table.items()) if kind == PERSON else table.items():
        name = rule.name if isinstance(rule, Person) else ""
        who = Identity(user, name, rule.roles, rule.regions, rule.team_of)
        scope = "their own deals and team" if rule.team_of == OWN else who.scope(names)
        masked = rule.mask_names or settings.access.mask_names or rules.masks(rule.roles)
        roles = ", ".join(rule.roles)
        rows.append((user, name or None, roles, scope, masked, rules.source(kind, user), _problem(who, company, rules)))
    words = dict.fromkeys(("user", "name", "roles", "scope"), pl.String)
    schema = {**words, "is_masked": pl.Boolean, "source": pl.String, "problem": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _team_names(data: Dataset) -> dict[str, str]:
    """Return what the people of the company are called by their true ids, as far as they are in the rows shown."""
    whole = data.whole or data
    true_ids = data.company.sales_team["rep_id"]
    mine = set(data.sales_team["rep_id"])
    shown = zip(true_ids, whole.sales_team["rep_id"], whole.sales_team["rep_name"], strict=True)
    return {true_id: name if key in mine else ELSEWHERE for true_id, key, name in shown}


def _mistakes(frame: pl.DataFrame) -> str:
    wrong = frame["problem"].drop_nulls().len()
    return message(" {wrong} of them have a setup error.", wrong=wrong) if wrong else ""


def done(rows: pl.DataFrame, zone: str = "UTC") -> Rights:
    """Say what an audit log holds.

    Parameters
    ----------
    rows : pl.DataFrame
        [at, user, action, target, detail], newest first, at in UTC.
    zone : str
        By whose clocks the sentence says when.
    """
    if rows.is_empty():
        return Rights(rows, "Nothing has been logged yet.")
    last = rows.row(0, named=True)
    at = moment(last["at"], "%d %B %Y at %H:%M", zone)
    return Rights(
        rows,
        message(
            "{height:,} actions by {n_unique} people; the last on {at}: {user} {action} {target}.",
            height=rows.height,
            n_unique=rows["user"].n_unique(),
            at=at,
            user=last["user"],
            action=last["action"],
            target=last["target"],
        ),
    )


def _problem(who: Identity, data: Dataset, rules: Directory) -> str | None:
    unknown = [role for role in who.roles if role not in rules.roles]
    if unknown:
        return message("There is no role called {unknown}.", unknown=unknown[0])
    regions = set(data.accounts["region"]) | set(data.sales_team["region"])
    missing = [region for region in who.regions if region not in regions]
    if missing:
        return message("There is no region called {missing}.", missing=missing[0])
    if who.team_of and who.team_of != OWN and who.team_of not in set(data.sales_team["rep_id"]):
        return message("There is nobody with the id {team_of} in the sales team.", team_of=who.team_of)
    return None
