"""What rules over figures see: a limit passed, a change over some days, the forecast moved."""

from __future__ import annotations

from datetime import date, timedelta
from math import isfinite

from core.alerts.alert_rule import ABOVE, Rule
from core.alerts.sight import Ground, Seen, Sight, address
from core.alerts.watched_measures import MEASURES
from core.config import Settings
from core.contracts.amount_visibility import is_shown
from core.forecasts import week_ago
from core.localization import joined, message
from core.metrics.measure import money, percent
from core.models import outlook


def threshold(rule: Rule, ground: Ground) -> Seen:
    """Return a figure that is past its limit."""
    watched = MEASURES[rule.measure]
    if not is_shown(watched.function, ground.data.amounts):
        return None
    measure = ground.once(rule.measure, lambda: watched.of(ground.data, ground.settings))
    if measure.value is None or not isfinite(measure.value):
        return None
    limit = watched.scaled(rule.limit)
    is_past = measure.value > limit if rule.side == ABOVE else measure.value < limit
    if not is_past:
        return []
    limit_text = _written(limit, watched.unit, ground.settings)
    text = message(
        "{title} is {written}, {side} {limit_text}.",
        title=watched.title,
        written=_written(measure.value, watched.unit, ground.settings),
        side=rule.side,
        limit_text=limit_text,
    )
    return [_figure(rule, ground, rule.side, joined(text, measure.sentence()))]


def change(rule: Rule, ground: Ground) -> Seen:
    """Return a figure that has moved over some days."""
    watched, data, settings = MEASURES[rule.measure], ground.data, ground.settings
    day = data.as_of - timedelta(days=rule.days)
    if not is_shown(watched.function, data.amounts):
        return None
    now = ground.once(rule.measure, lambda: watched.of(data, settings)).value
    before = ground.once(
        (rule.measure, day), lambda: watched.of(week_ago.dataset_on(data, settings, day), settings)
    ).value
    if now is None or before is None or not (isfinite(now) and isfinite(before)):
        return None
    return _moved(rule, ground, watched.title, before, now, watched.unit, day)


def forecast(rule: Rule, ground: Ground) -> Seen:
    """Return the forecast where it has moved over some days; None while the models are not learnt."""
    day = week_ago.earlier_day(ground.data, ground.settings, rule.days)
    ends = ground.once(("forecast", day), lambda: _outlooks(ground, day))
    return None if ends is None else _moved(rule, ground, "The forecast of the quarter", *ends, "money", day)


def _outlooks(ground: Ground, day: date) -> tuple[float, float] | None:
    if ground.bundle is None or not is_shown(outlook.current, ground.data.amounts):
        return None
    before = week_ago.outlook_on(ground.data, ground.settings, ground.bundle, day).frame
    now = outlook.current(ground.data, ground.settings, ground.bundle).frame
    if before.is_empty() or now.is_empty():
        return None
    return float(before["amount"][-1]), float(now["amount"][-1])


def _moved(rule: Rule, ground: Ground, title: str, before: float, now: float, unit: str, day: date) -> list[Sight]:
    if before == now or abs(now - before) < abs(before) * rule.limit / 100:
        return []
    side = "up" if now > before else "down"
    ends = [_written(value, unit, ground.settings) for value in (before, now)]
    share = f" ({(now - before) / abs(before) * 100:+.1f} %)" if before else ""
    return [
        _figure(
            rule,
            ground,
            side,
            message(
                "{title} went {side} from {ends} on {day:%d %B} to {ends_2}{share}.",
                title=title,
                side=side,
                ends=ends[0],
                day=day,
                ends_2=ends[1],
                share=share,
            ),
        )
    ]


def _figure(rule: Rule, ground: Ground, state: str, sentence: str) -> Sight:
    if rule.kind == "forecast_moved":
        return Sight("forecast", state, sentence, address("/forecast", ground.scope, see="Forecast changes"))
    watched = MEASURES[rule.measure]
    return Sight(rule.measure, state, sentence, address(watched.path, ground.scope, see=watched.cell))


def _written(value: float, unit: str, settings: Settings) -> str:
    if unit == "money":
        return money(value, settings.currency)
    return percent(value) if unit == "rate" else f"{value:,.0f}{' days' if unit == 'days' else ''}"
