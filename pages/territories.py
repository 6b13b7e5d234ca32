"""Territories: how even they are, what accounts may bring, and who could have which."""

from core import metrics, territories
from core.charts import territories as charts
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.territories import proposal_form

page = shell.open("Territories")
data, settings = page.data, page.settings

with cell(page, "How even are territories today?", "Today") as c:
    today = cache.result(metrics.territories.balance, data, settings)
    c.answer(today.sentence())
    if today.value is not None:
        c.chart(charts.balance, today.frame, settings.currency)
        c.table(
            today.frame,
            column_config=proposal_form.BALANCE,
            column_order=list(proposal_form.BALANCE),
            height=240,
        )
    c.method(metrics.territories.balance, today.frame)

with cell(page, "What may each account bring?", "Potential") as c:
    potential = cache.result(territories.account_potential.potential, data, settings)
    c.answer(potential.sentence())
    if not potential.frame.is_empty():
        c.table(
            potential.frame,
            column_config=proposal_form.POTENTIAL,
            column_order=list(proposal_form.POTENTIAL),
            height=300,
        )
    if not potential.trials.is_empty():
        c.answer("How each way did, looking back; the one that serves misses least for the size of each account:")
        c.table(potential.trials, column_config=proposal_form.TRIALS, column_order=list(proposal_form.TRIALS))
    c.method(territories.account_potential.potential, potential.frame)

with cell(page, "Do deals suffer from a new owner?", "Hand-overs", span="all") as c:
    handovers = cache.result(metrics.handovers.record, data, settings)
    c.answer(handovers.sentence())
    if not handovers.frame.is_empty():
        c.table(handovers.frame, column_config=proposal_form.HANDOVERS, column_order=list(proposal_form.HANDOVERS))
    c.method(metrics.handovers.record, handovers.frame)

if not c.failed and today.value is not None:
    with cell(page, "Who could have which accounts?", "Proposal", span="all") as c:
        wish = proposal_form.asked(data)
        if wish is None:
            c.empty("Choose a region and limits, then ask for a proposal; nothing is changed by it.")
        else:
            proposal = cache.result(territories.territory_plan.propose, data, settings, wish)
            c.answer(proposal.sentence())
            if not proposal.frame.is_empty():
                c.chart(charts.proposal, proposal.frame, settings.currency)
                c.table(
                    proposal.frame,
                    column_config=proposal_form.REPS,
                    column_order=list(proposal_form.REPS),
                    height=260,
                )
            if not proposal.moves.is_empty():
                c.table(
                    proposal.moves,
                    column_config=proposal_form.MOVES,
                    column_order=list(proposal_form.MOVES),
                    height=260,
                )
                proposal_form.scenario(data, settings, proposal, handovers)
            given = f"data, settings, territories.territory_plan.{wish!r}"
            c.method(territories.territory_plan.propose, proposal.moves, given=given)

notebook.offer(page)
