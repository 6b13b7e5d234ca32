"""Leads: which to work today and why, which sources are good, how fast they are answered, and how they go stale."""

from core import metrics
from core.charts import leads as charts
from core.models import leads
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.leads import worked

page = shell.open("Leads")
data, settings = page.data, page.settings

with cell(page, "Which leads come first?", "Work list", span="all") as c:
    outcome = worked.outcome()
    scored = cache.result(leads.scores, data, settings, outcome)
    if data.leads.is_empty():
        c.empty("Load leads on the Data page: an export of leads, or contacts with their lead status.")
    if scored.race is not None:
        listed = leads.work_list(scored, worked.capacity())
        c.answer(listed.sentence())
        c.table(listed.frame, column_config=worked.WORK, column_order=list(worked.WORK), height=420)
    else:
        c.answer(scored.sentence())
    c.method(leads.scores, scored.frame, outcome)

if scored.race is not None:
    with cell(page, "Can the scores be trusted?", "Trust", span="all") as c:
        c.answer(scored.sentence())
        c.chart(charts.calibration, scored.race.calibration)
        c.table(scored.race.frame, column_config=worked.RACE, column_order=list(worked.RACE))
        c.method(leads.scores, scored.race.frame, outcome)

    with cell(page, "What came of earlier scores?", "Record") as c:
        c.answer(leads.record_text(scored))
        c.chart(charts.record, scored.race.record)
        c.table(scored.race.record, column_config=worked.RECORD, column_order=list(worked.RECORD))
        c.method(leads.scores, scored.race.record, outcome)

if not data.leads.is_empty():
    with cell(page, "Which sources bring good leads?", "Sources") as c:
        sources = cache.result(metrics.lead_quality.by_source, data, settings)
        c.answer(sources.sentence())
        if sources.value is not None:
            c.chart(charts.rates, sources.frame, "lead_source")
            c.table(sources.frame, column_config=worked.SOURCES, column_order=list(worked.SOURCES))
        c.method(metrics.lead_quality.by_source, sources.frame)

    with cell(page, "Does a fast answer pay?", "Speed") as c:
        speed = cache.result(metrics.lead_quality.by_answer, data, settings)
        c.answer(speed.sentence())
        if not speed.frame.is_empty():
            c.chart(charts.rates, speed.frame, "answer")
        c.method(metrics.lead_quality.by_answer, speed.frame)

    with cell(page, "How fast do leads go stale?", "Decay") as c:
        decay = cache.result(metrics.lead_quality.by_age, data, settings)
        c.answer(decay.sentence())
        if not decay.frame.is_empty():
            c.chart(charts.rates, decay.frame, "age")
        c.method(metrics.lead_quality.by_age, decay.frame)

notebook.offer(page)
