"""Reads compensation plans from YAML; whatever is wrong becomes a sentence that names the place and the mend."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any, Literal, cast

from core.compensation.pay_plan import TYPES, Clawback, Draw, Plan, Plans, Spiff, Split, Tier
from core.compensation.plan_fields import Fields, PlanError
from core.contracts.yaml_text import YamlError, read_yaml
from core.localization import message
from core.resources import sample_file

LONGEST_FILE = 200_000
MOST_PLANS, MOST_SPLITS, MOST_TIERS = 200, 5_000, 20
MOST_RATE, MOST_QUOTA, MOST_FACTOR = 1, 100, 10
MOST_DAYS = 1_100
PLAN = (
    *("name", "from", "to", "currency", "for", "base", "variable", "counts", "credits", "rates", "tiers", "method"),
    *("order", "without_quota", "clawback", "draw", "spiffs", "cap", "may_be_negative"),
)
OPEN_DAY = date(9999, 12, 31)


def sample_text() -> str:
    """Return the plans of the sample company as YAML, which also show how a file is written."""
    return sample_file("compensation", "plans.yaml").read_text(encoding="utf-8")


def from_bytes(content: bytes) -> str:
    """Return the text of an uploaded file.

    Raises
    ------
    PlanError
        When it is no text.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(["The plan file is no text. Save it as YAML in UTF-8."]) from error


def from_yaml(text: str) -> Plans:
    """Read a file of plans.

    Parameters
    ----------
    text : str
        YAML with `plans`, a list; `splits`, the deals that several people share; and `sign_ins`, by the name somebody
        signs in with the id in the sales team, for whom the users of the CRM do not name. Amounts are a year's for base
        and variable pay and a quarter's for draw and cap; shares and rates are written as 6% or 0.06.

    Raises
    ------
    PlanError
        With every fault, each naming its place and how to mend it.

    Examples
    --------
    >>> plans = from_yaml("plans: [{name: AE, from: 2026-01-01, currency: USD, tiers: [{rate: 5%}]}]")
    >>> plans.plans[0].tiers
    (Tier(up_to=None, rate=Fraction(1, 20)),)
    """
    if len(text) > LONGEST_FILE:
        raise PlanError(
            [
                message(
                    "The plan file has more than {longest_file:,} letters. Split it, or leave out old plans.",
                    longest_file=LONGEST_FILE,
                )
            ]
        )
    try:
        content: Any = read_yaml(text)
    except YamlError as error:
        raise PlanError([message("The plan file is not valid YAML. {error}", error=error)]) from error
    if not isinstance(content, dict) or not isinstance(content.get("plans"), list) or not content["plans"]:
        raise PlanError(["The plan file holds no plans. Begin it with “plans:” and a list of plans below."])
    top = Fields(content, "The plan file")
    top.only(("plans", "splits", "sign_ins"))
    rows, shared = top.rows("plans", "plan"), top.rows("splits", "split")
    if len(rows) > MOST_PLANS or len(shared) > MOST_SPLITS:
        raise PlanError(
            [
                message(
                    "The plan file holds more than {most_plans} plans or {most_splits:,} splits. Leave some out.",
                    most_plans=MOST_PLANS,
                    most_splits=MOST_SPLITS,
                )
            ]
        )
    plans = tuple(_plan(row) for row in rows)
    splits = tuple(_split(row) for row in shared)
    sign_ins = _sign_ins(top)
    _overlaps(plans, top)
    _twice(splits, top)
    if top.faults:
        raise PlanError(top.faults)
    return Plans(plans, splits, sign_ins)


def _plan(row: Fields) -> Plan:
    name = row.values.get("name")
    row = Fields(row.values, message("Plan {name!r}", name=str(name)[:60]) if name else row.where, row.faults)
    row.only(PLAN)
    whom = row.inner("for")
    if whom is not None:
        whom.only(("roles", "teams", "regions", "people"))
    roles, teams, regions, people = (
        whom.names(part) if whom is not None else () for part in ("roles", "teams", "regions", "people")
    )
    begin, end = row.day("from") or OPEN_DAY, row.day("to", is_needed=False)
    if end is not None and end < begin != OPEN_DAY:
        row.wrong("to is before from.", "Exchange them, or leave out the end.")
    flat = row.values.get("without_quota")
    plan = Plan(
        row.text("name"),
        begin,
        row.text("currency"),
        _tiers(row),
        end,
        roles,
        teams,
        regions,
        people,
        row.money("base"),
        row.money("variable"),
        cast(Literal["own", "team"], row.choice("counts", ("own", "team"))),
        row.by_type("credits", TYPES, 1),
        row.by_type("rates", TYPES, MOST_FACTOR),
        cast(Literal["marginal", "whole"], row.choice("method", ("marginal", "whole"))),
        cast(Literal["shared", "by close date"], row.choice("order", ("shared", "by close date"))),
        row.share("without_quota", Fraction(0), MOST_RATE) if flat is not None else None,
        _clawback(row),
        _draw(row),
        tuple(_spiff(entry) for entry in row.rows("spiffs", "SPIF")),
        row.money("cap") if row.values.get("cap") is not None else None,
        row.flag("may_be_negative"),
    )
    if plan.draw is not None and plan.may_be_negative:
        row.wrong("it has a draw and may be negative.", "Choose one: a draw pays at least its amount.")
    if plan.method == "whole" and plan.order == "by close date":
        row.wrong("all deals have one rate, so there is no order.", "Leave order out, or take the marginal method.")
    return plan


def _tiers(row: Fields) -> tuple[Tier, ...]:
    entries = row.rows("tiers", "tier")
    if not entries or len(entries) > MOST_TIERS:
        row.wrong(
            "it has no tiers, or too many.",
            message("Write 1 to {most_tiers}; a single one needs a rate alone.", most_tiers=MOST_TIERS),
        )
        return (Tier(None, Fraction(0)),)
    tiers, before = [], Fraction(0)
    for number, entry in enumerate(entries, 1):
        entry.only(("up_to", "rate"))
        is_last = number == len(entries)
        up_to = None if is_last else entry.share("up_to", most=MOST_QUOTA)
        if is_last and entry.values.get("up_to") is not None:
            entry.wrong("the last tier ends.", "Leave out its up_to, so that every deal has a rate.")
        if up_to is not None and up_to <= before:
            entry.wrong("up_to does not rise.", "Write the tiers from the lowest to the highest.")
        before = up_to if up_to is not None else before
        tiers.append(Tier(up_to, entry.share("rate", most=MOST_RATE) or Fraction(0)))
    return tuple(tiers)


def _clawback(row: Fields) -> Clawback | None:
    inner = row.inner("clawback")
    if inner is None:
        return None
    inner.only(("within_days", "share", "types"))
    types = inner.names("types", TYPES) or TYPES
    return Clawback(inner.count("within_days", MOST_DAYS), inner.share("share", Fraction(1)) or Fraction(0), types)


def _draw(row: Fields) -> Draw | None:
    inner = row.inner("draw")
    if inner is None:
        return None
    inner.only(("amount", "kind"))
    if inner.values.get("amount") is None:
        inner.wrong("amount is missing.", "Write what is paid in any quarter.")
    return Draw(inner.money("amount"), inner.choice("kind", ("recoverable", "guaranteed")) == "recoverable")


def _spiff(row: Fields) -> Spiff:
    row.only(("name", "from", "to", "types", "families", "at_least", "amount", "rate"))
    has = [name for name in ("amount", "rate") if row.values.get(name) is not None]
    if len(has) != 1:
        row.wrong("it has no amount or rate, or both.", "Write one of them.")
    begin, end = row.day("from") or OPEN_DAY, row.day("to") or OPEN_DAY
    if end < begin != OPEN_DAY:
        row.wrong("to is before from.", "Exchange them.")
    rate = row.share("rate", Fraction(0), MOST_RATE) or Fraction(0)
    return Spiff(
        row.text("name"),
        begin,
        end,
        row.names("types", TYPES),
        row.names("families"),
        row.money("at_least"),
        row.money("amount"),
        rate,
    )


def _split(row: Fields) -> Split:
    row.only(("deal", "shares"))
    inner = row.inner("shares")
    names = [str(name) for name in inner.values] if inner is not None else []
    if inner is None or not names:
        row.wrong("it has no shares.", "Write each person's id with a share below shares.")
        return Split("", ())
    shares = tuple((name, inner.share(key) or Fraction(0)) for name, key in zip(names, inner.values, strict=True))
    if sum(share for _, share in shares) > 1:
        row.wrong("its shares come to more than 100%.", "Lower them: what is paid twice is no split.")
    return Split(row.text("deal"), shares)


def _sign_ins(top: Fields) -> tuple[tuple[str, str], ...]:
    inner = top.inner("sign_ins")
    if inner is None:
        return ()
    pairs = [(str(name).lower(), inner.text(name)) for name in inner.values]
    names = [name for name, _ in pairs]
    for name in sorted({name for name in names if names.count(name) > 1}):
        inner.wrong(message("{name!r} stands there twice.", name=name), "Keep one of them.")
    return tuple(pairs)


def _overlaps(plans: tuple[Plan, ...], top: Fields) -> None:
    """Note versions of one plan that begin on the same day: nobody could tell which counts."""
    seen: set[tuple[str, date]] = set()
    for plan in plans:
        if (plan.name, plan.begin) in seen and plan.begin != OPEN_DAY:
            top.wrong(
                message("two plans are called {name!r} from {begin}.", name=plan.name, begin=plan.begin),
                "Give the later version a later date.",
            )
        seen.add((plan.name, plan.begin))


def _twice(splits: tuple[Split, ...], top: Fields) -> None:
    deals = [split.opportunity_id for split in splits if split.opportunity_id]
    for deal in sorted({deal for deal in deals if deals.count(deal) > 1}):
        top.wrong(message("deal {deal!r} is split twice.", deal=deal), "Write all its shares in one entry.")
