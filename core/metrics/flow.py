"""The flow: how the open pipeline of one day became that of another, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_quarters, quarter_label
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ContractError
from core.formats import long_day
from core.localization import joined, message
from core.metrics.deal_events import at, between, tracks
from core.metrics.deal_scope import Cut, cut, names, people
from core.metrics.measure import counted, left_over, money
from core.metrics.pipeline_moves import MOVES, NEEDED, classified, summed, worth
from core.scope import rows_shown

ORDER = ("Opening", *MOVES, "Closing")
STANDING = ("day", "end_on", "state", "cents", "close_on", "owner_id", "team", "region", "segment", "family")


@dataclass(frozen=True)
class Flow:
    """How the open pipeline of one day became that of another.

    Attributes
    ----------
    frame : pl.DataFrame
        [step, n_deals, amount], amount signed, in the order of the walk. A deal that did the same
        twice counts once in n_deals.
    since, until : date
        The ends of both days; what happened after the first up to and including the second is counted.
    n_pushed, pushed_amount : int, float
        Deals whose expected close was put off at least once, and what they were worth then, whether
        or not that took them out of the window of close dates.
    residual : float
        Opening plus all moves minus closing.
    n_unknown : int
        Deals won without a record of what they were worth while open: they count, and move nothing.
    """

    frame: pl.DataFrame
    since: date
    until: date
    who: str
    due: str
    n_pushed: int
    pushed_amount: float
    residual: float
    currency: str
    n_unknown: int = 0

    @property
    def value(self) -> float | None:
        """Return the closing pipeline; None when no deal was in it at either end nor in between."""
        return self.amount("Closing") if self.frame["n_deals"].sum() else None

    def amount(self, step: str) -> float:
        """Return the signed amount of one step."""
        return float(self.frame.filter(pl.col("step") == step)["amount"][0])

    def steps(self) -> list[str]:
        """Return the steps with a deal behind them, in the order of the walk."""
        return self.frame.filter(pl.col("n_deals") > 0)["step"].to_list()

    def largest(self) -> str | None:
        """Return the move of the most money, else the first step with a deal."""
        moves = self.frame.filter(pl.col("step").is_in(list(MOVES)), pl.col("n_deals") > 0)
        top = moves.sort(pl.col("amount").abs(), descending=True)["step"].to_list()
        return (top or self.steps() or [None])[0]

    def sentence(self) -> str:
        """Say where the pipeline went from and to, what moved it most, and whether all is explained."""
        due = message(" due {due}", due=self.due) if self.due else ""
        since, until = long_day(self.since), long_day(self.until)
        span = message("between {since} and {until}", since=since, until=until)
        if self.value is None:
            return message("{who} had no open pipeline{due} {span}.", who=self.who, due=due, span=span)
        began, ended = (money(self.amount(end), self.currency) for end in ("Opening", "Closing"))
        moves = self.frame.filter(pl.col("step").is_in(list(MOVES)) & (pl.col("amount") != 0))
        top = moves.sort(pl.col("amount").abs(), descending=True).head(3)
        named = [joined(money(abs(a), self.currency), s.lower()) for s, a in top.select("step", "amount").iter_rows()]
        movers = message("; biggest moves: {named}", named=joined(*named, by=", ")) if named else "; nothing moved it"
        text = message(
            "{who}: open pipeline{due} went from {began} to {ended} {span}{movers}.",
            who=self.who,
            due=due,
            began=began,
            ended=ended,
            span=span,
            movers=movers,
        )
        if self.n_pushed:
            worth = money(self.pushed_amount, self.currency)
            verb = "was" if self.n_pushed == 1 else "were"
            text += message(
                " {deals} worth {worth} {verb} pushed at least once.",
                deals=counted(self.n_pushed, "deal"),
                worth=worth,
                verb=verb,
            )
        if self.n_unknown:
            were, was = ("was", "it was") if self.n_unknown == 1 else ("were", "they were")
            text += message(
                " {deals} {were} won without an amount on record while {was} open; that changes nothing here.",
                deals=counted(self.n_unknown, "deal"),
                were=were,
                was=was,
            )
        return (
            message(
                "{text} {currency} {residual:,.2f} does not reconcile.",
                text=text,
                currency=self.currency,
                residual=abs(self.residual),
            )
            if self.residual
            else text
        )

    def check(self) -> str:
        """Write the walk out as one sum, to the cent."""
        moves = self.frame.filter(pl.col("step").is_in(list(MOVES)))["amount"]
        came, went = float(moves.filter(moves > 0).sum()), float(moves.filter(moves < 0).sum())
        return message(
            "{amount:,.2f} opening + {came:,.2f} in − {went:,.2f} out = {amount_2:,.2f} closing, "
            "{currency}: {left_over}.",
            amount=self.amount("Opening"),
            came=came,
            went=abs(went),
            amount_2=self.amount("Closing"),
            currency=self.currency,
            left_over=left_over(self.residual, self.currency),
        )


@needs_amounts
def flow(
    data: Dataset,
    settings: Settings,
    since: date | str,
    until: date | str,
    level: str = "company",
    name: str | None = None,
    due: str = "any date",
    hierarchy: str = "then",
    with_below: bool = True,
) -> Flow:
    """What changed in the open pipeline between two days, step by step.

    Formula: opening + new + transferred in + pulled in + increased − decreased − pushed out −
    pulled out − transferred out − won − lost − deleted = closing, counted in whole cents.

    Every change between the two days counts, not only the difference of the ends: a deal pushed out
    and brought back adds to both and nets to zero. Where one change does several things, they are
    taken in this order: the amount, the expected close, the owner, the end. So a deal that is raised
    and won in one step first increases, and the amount won is that of the won deal; and what one
    team hands over is what the other receives. A deal that comes back after it was lost or deleted is
    new once more. Lost and deleted deals leave with the amount they last had. "Pushed out" left the
    window of close dates to a later date or to none, "pulled out" to an earlier one.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    since, until : date or str
        Ends of both days; a string is read as YYYY-MM-DD.
    level : {"company", "region", "team", "rep", "segment", "product family"}
    name : str, optional
        Which region, team (by its name), rep (by id), segment or family.
    due : {"any date", "this quarter", "next quarter"}
        Which expected close dates count, seen from the later day; overdue deals count for this quarter.
    hierarchy : {"then", "now"}
        Under "then" a deal belongs to the team its owner was in on the day; a rep who moves takes the
        open deals along, as a transfer. Under "now" to the team the owner is in today.
    with_below : bool
        Whether a team counts with all teams below it; False where teams are to add up to the company.

    Returns
    -------
    Flow
        Its value is the closing amount; deals without an amount count as nothing and are counted in
        n_deals.

    Raises
    ------
    ContractError
        When the days are no dates or the wrong way round, or the scope is not known.
    """
    first, last = days(since, until)
    track = tracks(data, settings)
    scope = cut(data, settings, last, level, name, due, hierarchy, with_below)
    steps = classified(between(track, first, last).select(NEEDED), scope)
    cents, counts = summed(steps)
    needed = track.select(STANDING)
    ends = [_end(at(needed, day), scope) for day in (first, last)]
    rows = [
        ("Opening", ends[0][1], ends[0][0]),
        *((move, counts[move], cents[move]) for move in MOVES),
        ("Closing", ends[1][1], ends[1][0]),
    ]
    left = ends[0][0] + sum(cents.values()) - ends[1][0]
    frame = pl.DataFrame(rows, schema={"step": pl.String, "n_deals": pl.Int64, "cents": pl.Int64}, orient="row")
    frame = frame.select("step", "n_deals", amount=pl.col("cents") / 100)
    n_late, put_off = _put_off(steps)
    who = _who(data, level, name)
    n_unknown = steps.filter(pl.col("is_unknown") & pl.col("Won"))["deal"].n_unique()
    return Flow(
        frame,
        first,
        last,
        who,
        _due_words(due, last, settings),
        n_late,
        put_off,
        left / 100,
        settings.currency,
        n_unknown,
    )


def _due_words(due: str, day: date, settings: Settings) -> str:
    """Return the close-date window with the quarter's name, as seen from the later day; empty for any date."""
    if due == "any date":
        return ""
    begin = day if due == "this quarter" else add_quarters(day, 1, settings)
    return message("in {quarter_label}", quarter_label=quarter_label(begin, settings))


def _put_off(steps: pl.DataFrame) -> tuple[int, float]:
    """Return how many deals were put off, and what they were worth when it last happened."""
    late = steps.select("deal", "after", "is_put_off").filter("is_put_off")
    deal_ids = late["deal"].to_numpy()
    if not len(deal_ids):
        return 0, 0.0
    # A deal's later change overwrites its earlier one: a million changes cost a tenth of grouping them.
    last = np.full(int(deal_ids.max()) + 1, np.iinfo(np.int64).min)
    last[deal_ids] = late["after"].to_numpy()
    amounts = last[last > np.iinfo(np.int64).min]
    return len(amounts), float(amounts.sum()) / 100


def _who(data: Dataset, level: str, name: str | None) -> str:
    return rows_shown.subject(data) if level == "company" else people(data).get(str(name), str(name))


def days(since: date | str, until: date | str) -> tuple[date, date]:
    """Return both days as dates, or raise a ContractError where they are none or the wrong way round."""
    try:
        first, last = (date.fromisoformat(d) if isinstance(d, str) else d for d in (since, until))
    except ValueError as error:
        raise ContractError(
            message("{since!r} or {until!r} is not a date.", since=since, until=until), mend="Write it as 2026-05-15."
        ) from error
    if first > last:
        raise ContractError(
            message("The flow would run backwards, from {first} to {last}.", first=first, last=last),
            mend="Swap the two dates.",
        )
    return first, last


def _end(rows: pl.DataFrame, scope: Cut) -> tuple[int, int]:
    """Return the cents and the number of the open deals of a scope and window."""
    in_scope = rows.filter(scope.is_held)
    return int(in_scope["cents"].sum()), in_scope.height


@dataclass(frozen=True)
class Deals:
    """The deals behind one bar of the flow, each change with what it was before and after.

    Attributes
    ----------
    step : str
    frame : pl.DataFrame
        [day, opportunity_id, opportunity_name, account_name, moved_amount, owner_before, owner_after,
        amount_before, amount_after, close_on_before, close_on_after, category_before, category_after,
        stage_before, stage_after], largest move first.
    """

    step: str
    frame: pl.DataFrame
    currency: str

    def sentence(self) -> str:
        """Say how many deals, how many changes, and how much."""
        if self.frame.is_empty():
            return message("No deal is behind {step}.", step=self.step.lower())
        n, worth = (
            self.frame["opportunity_id"].n_unique(),
            money(abs(float(self.frame["moved_amount"].sum())), self.currency),
        )
        if self.step in ("Opening", "Closing"):
            return message("{step}: {deals}, {worth} together.", step=self.step, deals=counted(n, "deal"), worth=worth)
        return message(
            "{step}: {deals} in {changes}, {worth} together.",
            step=self.step,
            deals=counted(n, "deal"),
            changes=counted(self.frame.height, "change"),
            worth=worth,
        )


@needs_amounts
def deals(
    data: Dataset,
    settings: Settings,
    step: str,
    since: date | str,
    until: date | str,
    level: str = "company",
    name: str | None = None,
    due: str = "any date",
    hierarchy: str = "then",
) -> Deals:
    """List the deals behind one bar of the flow, each change with its before and after.

    The moved amounts add up to the bar, to the cent. For opening and closing both sides are the
    state of that day.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    step : str
        A bar of `flow`, such as "Pushed out".
    since, until, level, name, due, hierarchy
        As for `flow`.

    Raises
    ------
    ContractError
        When there is no such bar.
    """
    if step not in ORDER:
        raise ContractError(
            message("The flow has no bar called {step!r}.", step=step),
            mend=message("Known: {order}.", order=", ".join(ORDER)),
        )
    first, last = days(since, until)
    track, scope = tracks(data, settings), cut(data, settings, last, level, name, due, hierarchy)
    if step in ("Opening", "Closing"):
        rows = at(track, first if step == "Opening" else last).filter(scope.is_held)
        same = ("cents", "close_on", "owner_id", "category", "stage")
        rows = rows.with_columns(**{f"prev_{c}": pl.col(c) for c in same}, moved=pl.col("cents").fill_null(0))
    else:
        rows = classified(between(track, first, last), scope)
        rows = rows.filter(pl.col(step)).with_columns(moved=worth(step))
    return Deals(step, _described(rows, data), settings.currency)


def _described(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    who = people(data)
    accounts = data.accounts.select("account_id", "account_name")
    about = data.opportunities.select("opportunity_id", "opportunity_name", "account_id").join(
        accounts, on="account_id", how="left"
    )

    def owner(column: str) -> pl.Expr:
        return pl.col(column).cast(pl.String).replace(who)

    return (
        rows.join(about, on="opportunity_id", how="left")
        .select(
            "day",
            "opportunity_id",
            "opportunity_name",
            "account_name",
            moved_amount=pl.col("moved") / 100,
            owner_before=owner("prev_owner_id"),
            owner_after=owner("owner_id"),
            amount_before=pl.col("prev_cents") / 100,
            amount_after=pl.col("cents") / 100,
            close_on_before="prev_close_on",
            close_on_after="close_on",
            category_before=written("prev_category"),
            category_after=written("category"),
            stage_before=pl.col("prev_stage").cast(pl.String),
            stage_after=pl.col("stage").cast(pl.String),
        )
        .sort(pl.col("moved_amount").abs(), "day", "opportunity_id", descending=[True, False, False])
    )


def written(column: str) -> pl.Expr:
    """Return a category as it is read: `best_case` is "Best case"."""
    words = pl.col(column).cast(pl.String).str.replace_all("_", " ", literal=True)
    return words.str.head(1).str.to_uppercase() + words.str.slice(1)


def parts(
    data: Dataset,
    settings: Settings,
    since: date | str,
    until: date | str,
    level: str = "region",
    due: str = "any date",
    hierarchy: str = "then",
) -> pl.DataFrame:
    """Walk every region, team, rep, segment or family apart.

    Returns
    -------
    pl.DataFrame
        One row per name with a pipeline in the time: name, and one column per step. Opening, new, won,
        lost, deleted and closing add up to the company's; transfers between parts cancel out.
    """
    ask = (data, settings, since, until, level)
    flows = {n: flow(*ask, n, due, hierarchy, with_below=False) for n in names(data, settings, level)}
    rows = [
        {"name": n, **dict(f.frame.select("step", "amount").iter_rows())}
        for n, f in flows.items()
        if f.value is not None
    ]
    return pl.DataFrame(rows, schema={"name": pl.String, **dict.fromkeys(ORDER, pl.Float64)})
