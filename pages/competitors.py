"""Competitors: how often each is beaten, where, whether that turns, and what it costs."""

from core import metrics
from core.charts import competitors as charts
from pages.ui.competitors import rivals
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell

page = shell.open("Competitors")
data, settings = page.data, page.settings

with cell(page, "Whom do we lose to?", "Record", span="all") as c:
    record = cache.result(metrics.competitors.record, data, settings)
    c.answer(record.sentence())
    if record.value is None:
        c.empty("Load deals with a competitor on the Data page: a column that names who else the buyer talks to.")
    else:
        c.answer(metrics.competitors.lost_text(record.frame, settings.currency))
        c.chart(charts.record, record.frame)
        c.table(record.frame, column_config=rivals.RECORD, column_order=list(rivals.RECORD))
        name = rivals.chosen(page)
    c.method(metrics.competitors.record, record.frame)

if record.value is not None:
    with cell(page, "Is it getting worse?", "Trend") as c:
        trend = cache.result(metrics.competitor_splits.trend, data, settings, name)
        c.answer(trend.sentence())
        c.chart(charts.trend, trend.frame)
        c.method(metrics.competitor_splits.trend, trend.frame, name)

    with cell(page, "Why are these deals lost?", "Reasons") as c:
        reasons = cache.result(metrics.competitor_losses.reasons, data, settings, name)
        c.answer(reasons.sentence())
        if reasons.value is not None:
            c.chart(charts.reasons, reasons.frame)
        c.method(metrics.competitor_losses.reasons, reasons.frame, name)

    with cell(page, "Where is it hardest?", "Where") as c:
        part = rivals.split()
        where = cache.result(metrics.competitor_splits.parts, data, settings, name, part)
        c.answer(where.sentence())
        if not where.frame.is_empty():
            c.chart(charts.parts, where.frame)
            c.table(where.frame, column_config=rivals.PARTS, column_order=list(rivals.PARTS), height=220)
        c.method(metrics.competitor_splits.parts, where.frame, name, part)

    with cell(page, "What does it cost in price?", "Price") as c:
        price = cache.result(metrics.competitor_losses.price, data, settings)
        c.answer(price.sentence())
        if price.value is not None:
            c.table(price.frame, column_config=rivals.PRICE, column_order=list(rivals.PRICE))
        c.method(metrics.competitor_losses.price, price.frame)

    with cell(page, "Which deals are these?", "Deals", span="all") as c:
        against = cache.result(metrics.competitors.deals_against, data, settings, name)
        c.answer(against.sentence())
        c.table(against.frame, column_config=rivals.DEALS, column_order=list(rivals.DEALS), height=320)
        c.method(metrics.competitors.deals_against, against.frame, name)

notebook.offer(page)
