"""What each role may do, and who holds which."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.access.identity import Identity, can
from core.config import Settings
from core.contracts import Dataset

AREAS = (
    "executive",
    "pipeline",
    "review",
    "forecast",
    "scenarios",
    "customers",
    "requirements",
    "catalogue",
    "enablement",
    "models",
    "data",
    "crm",
    "admin",
)
WAYS = {
    "none": "Sign-in is off: everybody who can reach the app has full access.",
    "oidc": "People sign in with your identity provider.",
    "header": "A proxy in front signs people in and names them to the app.",
}


@dataclass(frozen=True)
class Rights:
    """A table about access, and what it says in a sentence."""

    frame: pl.DataFrame
    text: str

    def sentence(self) -> str:
        """Return the sentence."""
        return self.text


def by_role(data: Dataset, settings: Settings) -> Rights:
    """What each role can do in each area.

    Parameters
    ----------
    data : Dataset
        Not used; every call behind a page takes data and settings.
    settings : Settings
        `roles` gives the rights; to write includes to read, `*` is everything.

    Returns
    -------
    Rights
        frame: [Area, one column per role], each "Write", "Read" or "–" where the role has no right.
    """
    columns = {_label(role): [_permission(role, area, settings) for area in AREAS] for role in settings.roles}
    areas = [_label(area) for area in AREAS]
    frame = pl.DataFrame({"Area": areas, **columns}, schema=dict.fromkeys(["Area", *columns], pl.String))
    return Rights(frame, f"{WAYS[settings.access.sign_in]} There are {len(settings.roles)} roles.")


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _permission(role: str, area: str, settings: Settings) -> str:
    who = Identity("", "", (role,))
    return next((act.capitalize() for act in ("write", "read") if can(who, f"{area}:{act}", settings.roles)), "–")


def people(data: Dataset, settings: Settings) -> Rights:
    """Who is listed as a user, with roles and the data they see.

    Parameters
    ----------
    data : Dataset
        Not used; every call behind a page takes data and settings.
    settings : Settings
        `access.people` and `access.everyone_else`.

    Returns
    -------
    Rights
        frame: [user, name, roles, scope, is_masked, problem], by user; problem names a role that does
        not exist, a region that is not in the data or a head of a team who is not in the sales team,
        else null.
    """
    rows, names = [], dict(data.sales_team.select("rep_id", "rep_name").iter_rows())
    for user, person in sorted(settings.access.people.items()):
        who = Identity(user, person.name, person.roles, person.regions, person.team_of)
        masked = person.mask_names or settings.access.mask_names
        rows.append(
            (
                user,
                person.name or None,
                ", ".join(person.roles),
                who.scope(names),
                masked,
                _problem(who, data, settings),
            )
        )
    words = ("user", "name", "roles", "scope")
    schema = {**dict.fromkeys(words, pl.String), "is_masked": pl.Boolean, "problem": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    wrong = frame["problem"].drop_nulls().len()
    others = ", ".join(settings.access.everyone_else)
    rest = f"everybody else who signs in is {others}" if others else "nobody else is let in"
    if settings.access.sign_in == "none":
        rest = "a list takes effect once access.sign_in is oidc or header"
    mistakes = f" {wrong} of them have a setup error." if wrong else ""
    number = {0: "Nobody is", 1: "One person is"}.get(frame.height, f"{frame.height} people are")
    return Rights(frame, f"{number} listed; {rest}.{mistakes}")


def done(rows: pl.DataFrame) -> Rights:
    """Say what an audit trail holds.

    Parameters
    ----------
    rows : pl.DataFrame
        [at, user, action, target, detail], newest first, at in UTC.
    """
    if rows.is_empty():
        return Rights(rows, "Nothing has been logged yet.")
    last = rows.row(0, named=True)
    return Rights(
        rows,
        f"{rows.height:,} actions by {rows['user'].n_unique()} people; "
        f"the last on {last['at']:%d %B %Y at %H:%M} UTC: {last['user']} {last['action']} {last['target']}.",
    )


def _problem(who: Identity, data: Dataset, settings: Settings) -> str | None:
    unknown = [role for role in who.roles if role not in settings.roles]
    if unknown:
        return f"There is no role called {unknown[0]}."
    regions = set(data.accounts["region"]) | set(data.sales_team["region"])
    missing = [region for region in who.regions if region not in regions]
    if missing:
        return f"There is no region called {missing[0]}."
    if who.team_of and who.team_of not in set(data.sales_team["rep_id"]):
        return f"There is nobody with the id {who.team_of} in the sales team."
    return None
