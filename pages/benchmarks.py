"""Benchmarks: the company's own parts beside each other, files exchanged with others, and published figures."""

from core import benchmarking, metrics
from core.charts import benchmarks as charts
from pages.ui.benchmarks import exchange
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell

page = shell.open("Benchmarks")
data, settings = page.data, page.settings

with cell(page, "Which of our parts differ?", "Own parts", span="all") as c:
    by = exchange.part()
    compared = cache.result(metrics.benchmarks.compared, data, settings, by)
    c.answer(compared.sentence())
    if compared.frame.is_empty():
        c.empty("Load closed deals on the Data page: ten in a part are enough.")
    else:
        figure = exchange.figure()
        shown = charts.of_figure(compared.frame, figure)
        if not shown.is_empty():
            c.chart(charts.beside, shown, figure)
            c.table(shown, column_config=exchange.columns(figure), column_order=list(exchange.COMPARED))
    c.method(metrics.benchmarks.compared, compared.frame, by)

with cell(page, "How do others compare?", "Others", span="all") as c:
    files = exchange.files(page)
    beside = benchmarking.aggregate_files.beside(data, settings, files)
    c.answer(beside.sentence())
    if not beside.frame.is_empty():
        c.table(beside.frame, column_config=exchange.BESIDE, column_order=list(exchange.BESIDE))
    exchange.come(page, c)
    c.method(benchmarking.aggregate_files.beside, beside.frame, given="data, settings, files")

with cell(page, "What may others see of us?", "Exchange", span="all") as c:
    exchange.leave(page, c)

with cell(page, "What is published?", "Published", span="all") as c:
    published = benchmarking.public_figures.listed()
    if published.is_empty():
        c.answer("No published figure is listed: only what was read at its source belongs here.")
        c.empty("Whoever runs Quarterdeck adds figures with source and year to core/config/public_figures.yaml.")
    else:
        c.answer("Published figures are context: they measure other companies, and often otherwise.")
        c.table(exchange.published(published), column_config=exchange.PUBLISHED, column_order=list(exchange.PUBLISHED))

notebook.offer(page)
