"""Models: can they be trusted, where are they wrong, what serves and what served before."""

import streamlit as st

from core import models
from core.charts import explain as shared
from core.charts import models as charts
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.models import controls

RACE = {
    "contender": "Model",
    "log_loss": st.column_config.NumberColumn("Log loss", format="%.4f"),
    "brier": st.column_config.NumberColumn("Brier score", format="%.4f"),
    "auc": st.column_config.NumberColumn("Ranked right", format="percent"),
    "calibration_error": st.column_config.NumberColumn("Average error", format="percent"),
    "n": st.column_config.NumberColumn("Cases", format="localized"),
    "serves": st.column_config.CheckboxColumn("In use"),
}
SIGNS = {
    "model": "Model",
    "sign": "Check",
    "value": st.column_config.NumberColumn("Value", format="percent"),
    "limit": st.column_config.NumberColumn("Limit", format="percent"),
    "is_alarm": st.column_config.CheckboxColumn("Alarm"),
    "said": st.column_config.TextColumn("In words", width="large"),
}
READY = {
    "model": "Model",
    "needs": "Needs",
    "minimum": st.column_config.NumberColumn("Needed", format="localized"),
    "found": st.column_config.NumberColumn("Found", format="localized"),
    "missing": st.column_config.NumberColumn("Missing", format="localized"),
    "serves": "In use until then",
    "cost": st.column_config.TextColumn("Effect", width="large"),
}

page = shell.open("Models")
data, settings = page.data, page.settings

with cell(page, "Model readiness", "Ready", span="all") as c:
    ready = cache.result(models.readiness.readiness, data, settings)
    c.answer(ready.sentence())
    c.table(ready.frame, column_config=READY)
    c.method(models.readiness.readiness, ready.frame)

with cell(page, "Model health", "Health", span="all") as c:
    watched = cache.result(models.monitoring.alarms, data, settings)
    c.answer(watched.sentence())
    if not watched.frame.is_empty():
        with st.expander("All checks, with limits"):
            c.table(watched.frame, column_config=SIGNS)
    c.method(models.monitoring.alarms, watched.frame)

page.grid = None  # What is chosen stands between the cells.
subject, days = controls.choice(settings)

with cell(page, "Are the percentages right?", "Reliability") as c:
    reliability = cache.result(models.evaluation.reliability, data, settings, subject, days)
    c.answer(reliability.sentence())
    if not reliability.frame.is_empty():
        c.chart(shared.reliability, reliability.frame, "share that happened")
    c.method(models.evaluation.reliability, reliability.frame, subject, days)

with cell(page, "Does it rank the right ones first?", "Lift") as c:
    lift = cache.result(models.evaluation.lift, data, settings, subject, days)
    c.answer(lift.sentence())
    if not lift.frame.is_empty():
        c.chart(charts.lift, lift.frame)
    c.method(models.evaluation.lift, lift.frame, subject, days)

with cell(page, "At what chance to act?", "Threshold") as c:
    costs = cache.result(models.evaluation.costs, data, settings, subject, days)
    asked = controls.errors(costs, settings.currency, subject)
    price = cache.result(models.evaluation.confusion, data, settings, subject, days, *asked)
    c.answer(price.sentence())
    if not price.frame.is_empty():
        controls.squares(price.facts["at"])
        at, best = price.facts["at"]["threshold"], price.facts["best"]["threshold"]
        c.chart(charts.cost, price.frame, at, best, settings.currency)
    c.method(models.evaluation.confusion, price.frame, subject, days, *asked)

with cell(page, "Accuracy over the year", "History") as c:
    through = cache.result(models.evaluation.history, data, settings, subject, days)
    c.answer(through.sentence())
    if not through.frame.is_empty():
        c.chart(charts.history, through.frame)
    c.method(models.evaluation.history, through.frame, subject, days)

with cell(page, "Where is it off?", "Groups") as c:
    groups = cache.result(models.evaluation.segments, data, settings, subject, days)
    c.answer(groups.sentence())
    if not groups.frame.is_empty():
        c.chart(charts.segments, groups.frame)
    c.method(models.evaluation.segments, groups.frame, subject, days)

with cell(page, "What has changed since training?", "Drift") as c:
    moved = cache.result(models.evaluation.moved, data, settings, subject)
    c.answer(moved.sentence())
    if not moved.frame.is_empty():
        c.chart(charts.drift, moved.frame)
    c.method(models.evaluation.moved, moved.frame, subject)

with cell(page, "Which model is in use?", "Models", span="all") as c:
    race = cache.result(models.evaluation.race, data, settings, subject)
    c.answer(race.sentence())
    if not race.frame.is_empty():
        c.table(race.frame, column_config=RACE)
    controls.card(cache.result(models.evaluation.card_text, data, settings, subject), subject)
    c.method(models.evaluation.race, race.frame, subject)

with cell(page, "Model versions", "Versions", span="all") as c:
    versions = models.versions.kept(data, settings)
    c.answer(versions.sentence())
    controls.versions(page, versions.frame)
    c.method(models.versions.kept, versions.frame)

notebook.offer(page)
