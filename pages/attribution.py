"""Attribution: what each channel is credited with, how far the models disagree, and what costs bring."""

from core import metrics
from core.charts import channel_charts as charts
from pages.ui.attribution import channels
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell

page = shell.open("Attribution")
data, settings = page.data, page.settings

with cell(page, "Which channels are our deals from?", "Credit", span="all") as c:
    touches = channels.chosen(page)
    credit = cache.result(metrics.channel_credit.by_model, data, settings, touches)
    c.answer(credit.sentence())
    if credit.value is None:
        c.empty("Load touches of campaigns, or activities on deals, on the Data page, and deals that were won.")
    else:
        c.chart(charts.credit, credit.frame)
        c.table(credit.frame, column_config=channels.CREDIT, column_order=list(channels.CREDIT))
    c.method(metrics.channel_credit.by_model, credit.frame, touches)

if credit.value is not None:
    with cell(page, "Does a channel make a difference?", "Effect") as c:
        effect = cache.result(metrics.channel_effect.beside_comparable, data, settings, touches)
        c.answer(effect.sentence())
        if effect.frame["difference"].null_count() < effect.frame.height:
            c.chart(charts.differences, effect.frame)
            c.table(effect.frame, column_config=channels.EFFECT, column_order=list(channels.EFFECT), height=220)
        c.method(metrics.channel_effect.beside_comparable, effect.frame, touches)

    with cell(page, "What do held-back groups say?", "Held back") as c:
        holdout = cache.result(metrics.channel_effect.holdout, data, settings)
        c.answer(holdout.sentence())
        if holdout.frame["difference"].null_count() < holdout.frame.height:
            c.chart(charts.differences, holdout.frame)
            c.table(holdout.frame, column_config=channels.EFFECT, column_order=list(channels.EFFECT))
        c.method(metrics.channel_effect.holdout, holdout.frame)

    with cell(page, "What do they return?", "Return", span="all") as c:
        returns = cache.result(metrics.channel_cost.returns, data, settings)
        c.answer(returns.sentence())
        if returns.value is not None:
            c.chart(charts.returns, returns.frame)
            c.table(returns.frame, column_config=channels.RETURNS, column_order=list(channels.RETURNS))
        c.method(metrics.channel_cost.returns, returns.frame)

notebook.offer(page)
