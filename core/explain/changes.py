"""What the churn model would say of an account if some of its fields stood otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError, closest
from core.explain import cases, drivers, playbooks
from core.features import accounts
from core.models import customers, registry

CASES = 30
FAR = 0.95
SAMPLE = 150


@dataclass(frozen=True)
class Field:
    """One field that can be moved: its name in words, its bounds, where it stands and the step of a slider."""

    name: str
    label: str
    low: float
    high: float
    now: float
    step: float


@dataclass(frozen=True)
class Supposed:
    """What the model would say.

    Attributes
    ----------
    before, after : float
        The chance to leave, as it is and as supposed.
    frame : pl.DataFrame
        The nearest real cases: [account_id, as_of, has_left, …the fields that can be moved].
    warnings : tuple of str
        Where the supposed account lies outside what was seen.
    """

    before: float
    after: float
    frame: pl.DataFrame
    warnings: tuple[str, ...]
    days: int

    def sentence(self) -> str:
        """Say the chance before and after, and what became of the nearest real cases."""
        move = (self.after - self.before) * 100
        said = (
            f"The model gives {self.after * 100:.1f} % to leave within {self.days} days, against "
            f"{self.before * 100:.1f} % as it stands ({move:+.1f} points)."
        )
        n = self.frame.height
        if not n:
            return f"{said} There are no past cases to hold beside it."
        return f"{said} Of the {n} nearest real cases, {int(self.frame['has_left'].sum())} left."


def fields(dataset: Dataset, settings: Settings, account_id: str) -> list[Field]:
    """Return the fields of an account that a person can change, bounded by what was seen.

    Bounds are the 1st and 99th percentile of past accounts, widened to where this one stands; fields that
    are not known of this account are left out.

    Raises
    ------
    ModelError
        When the account does not pay.
    """
    row, past = _row(dataset, settings, account_id)
    out = []
    for name in dict.fromkeys(play.feature for play in playbooks.load()):
        now = row[name][0] if name in row.columns else None
        seen = past[name].cast(pl.Float64).drop_nulls() if name in past.columns else pl.Series([], dtype=pl.Float64)
        if now is None or seen.is_empty():
            continue
        low, high = (float(seen.quantile(q) or 0.0) for q in (0.01, 0.99))
        low, high = min(low, float(now)), max(high, float(now))
        step = 1.0 if row.schema[name].is_integer() else 0.01 if high - low < 5 else 0.1
        low, high = float(np.floor(low / step) * step), float(np.ceil(high / step) * step)
        if high > low:
            out.append(Field(name, drivers.plain(name), round(low, 4), round(high, 4), round(float(now), 4), step))
    return out


def suppose(
    dataset: Dataset, settings: Settings, account_id: str, values: tuple[tuple[str, float], ...] = ()
) -> Supposed:
    """Say what the churn model would give if some fields of an account stood otherwise.

    It is the model's answer, not a promise: fields move together in life. Fields a playbook names together
    move in the same proportion. The nearest real cases are past accounts at the least distance over the
    model's numbers, each divided by its spread; a warning says where the supposed account lies farther
    from all past ones than 95 of 100 of them lie from each other.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    account_id : str
    values : tuple of (field, value)

    Raises
    ------
    ModelError
        When there is no churn model, the account does not pay, or a field is not one that can be changed.
    """
    model = registry.load_or_train(dataset, settings).need_churn().ready()
    row, past = _row(dataset, settings, account_id)
    plays = {play.feature: play for play in playbooks.load()}
    known = {field.name: field for field in fields(dataset, settings, account_id)}
    moved: dict[str, float] = {}
    for name, value in values:
        if name not in known:
            near = closest(name, known)
            raise ModelError(f"The field {name!r} cannot be changed.", mend=f"Did you mean {near!r}?" if near else "")
        now = float(row[name][0])
        if abs(value - now) < known[name].step / 2:
            continue
        moved[name] = value
        for other in plays[name].together:
            if other not in dict(values) and other in row.columns and row[other][0] is not None and now:
                moved[other] = max(float(row[other][0]) * value / now, 0.0 if "rate" not in other else -1.0)
    after = cases.changed(row, moved)
    p, q = (float(model.predict(frame)[0]) for frame in (row, after))
    real, far = _nearest(past, after)
    shown = real.select("account_id", "as_of", "has_left", *known) if real.height else real
    return Supposed(p, q, shown, _warnings(moved, known, far), settings.models.churn_days)


def _row(dataset: Dataset, settings: Settings, account_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = customers.load_or_build(dataset, settings)
    row = found.features.filter(pl.col("account_id") == account_id)
    if row.is_empty():
        raise ModelError(f"The account {account_id} does not pay at present.", mend="Choose one that is listed.")
    return row, found.lived


def _warnings(moved: dict[str, float], known: dict[str, Field], far: bool) -> tuple[str, ...]:
    out = [
        f"{known[name].label} of {value:g} lies outside what past accounts had."
        for name, value in moved.items()
        if name in known and not known[name].low <= value <= known[name].high
    ]
    if far:
        out.append("Hardly any past account looked like this; the model is guessing beyond what it has seen.")
    return tuple(out)


def _nearest(past: pl.DataFrame, row: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """Return the nearest past cases, each account once, and whether even they are far off."""
    if past.is_empty():
        return past, False
    names = [n for n in accounts.NUMBERS if n in past.columns]
    raw = past.select(pl.col(names).cast(pl.Float64)).to_numpy()
    own = row.select(pl.col(names).cast(pl.Float64)).to_numpy()[0]
    rank = np.sort(np.where(np.isnan(raw), np.inf, raw), axis=0)
    n = np.maximum(np.isfinite(rank).sum(axis=0), 1)

    def place(values: np.ndarray) -> np.ndarray:
        found = np.column_stack([np.searchsorted(rank[: n[i], i], values[..., i]) / n[i] for i in range(len(names))])
        return np.where(np.isnan(values), 0.5, found)

    z, at = place(raw), place(own[None])[0]
    distance = np.sqrt(((z - at) ** 2).sum(axis=1))
    near = past.with_columns(distance=pl.Series(distance)).sort("distance", "account_id", "as_of")
    several = near.unique("account_id", keep="first", maintain_order=True).head(CASES)
    some = z[np.linspace(0, len(z) - 1, min(SAMPLE, len(z))).astype(int)]
    usual = np.sort(np.sqrt(((some[:, None] - z[None]) ** 2).sum(axis=2)), axis=1)[:, min(10, len(z) - 1)]
    reach = np.sort(distance)[min(10, len(z) - 1)]
    return several, bool(reach > np.quantile(usual, FAR))
