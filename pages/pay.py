"""Plans and pay: what is paid and for which deal, what somebody would earn, fair quotas, what plans cost."""

from core import compensation
from core.charts import pay as charts
from core.compensation.pay_statements import exact
from core.localization import message
from pages.ui.kit import notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.pay import exception_part, outlook_part, pay_columns, pay_desk, plan_part

page = shell.open("Plans and pay")
d = pay_desk.desk(page)

if d.sight.why:
    with cell(page, "What is paid?", "Pay", span="all") as c:
        c.answer(d.sight.why)
elif not d.edition.plans.plans:
    with cell(page, "Which plans are in force?", "Plans", span="all") as c:
        plan_part.show(d, c)
else:
    with cell(page, "What is paid?", "Pay", span="all") as c:
        begin = pay_desk.quarter(d)
        day = pay_desk.known_on(d, begin)
        payroll = d.payroll(begin, day)
        c.answer(payroll.sentence())
        if payroll.frame.height > 1:
            c.table(
                d.standing(payroll),
                column_config=pay_columns.SUMMARY,
                column_order=list(pay_columns.SUMMARY),
                height=300,
            )
        if day is not None:
            changes = compensation.pay_statements.difference(d.payroll(begin), payroll)
            c.answer(message("{height:,} of these statements differ from what is known today.", height=changes.height))
            if changes.height:
                c.table(changes, column_config=pay_columns.DIFFERENCES, column_order=list(pay_columns.DIFFERENCES))
        c.method(compensation.pay_statements.payroll, payroll.frame, given=f"data, settings, plans, {begin!r}, granted")

    if not c.failed and payroll.frame.height:
        with cell(page, "Which deals is it paid for?", "Statement", span="all") as c:
            person = pay_desk.person(d, payroll)
            own = compensation.pay_statements.one_of(payroll, person)
            c.answer(own.sentence())
            c.table(own.frame, column_config=pay_columns.LINES, column_order=list(pay_columns.LINES), height=360)
            given = f"data, settings, plans, {person!r}, {begin!r}, granted"
            c.method(compensation.pay_statements.statement, own.frame, given=given)
            if day is None:
                exception_part.approval(d, payroll, person)

        with cell(page, "What would they earn if they sold more?", "If") as c:
            running = d.payroll(d.running)
            if person in running.basis:
                more = outlook_part.more(running, person)
                result = compensation.pay_outlook.earnings_if(running, person, more)
                c.answer(
                    message(
                        "With another deal of {exact} of new business, {rep_name} would be paid {exact_2} for {label}.",
                        exact=exact(more, running.currency),
                        rep_name=own.summary["rep_name"],
                        exact_2=exact(result.total_cents, running.currency),
                        label=running.label,
                    )
                )
                curve = compensation.pay_outlook.earnings_curve(running, person)
                c.chart(charts.earnings, curve, more / 100, running.currency)
            else:
                c.empty("No plan counts for this person in the running quarter.")

    with cell(page, "Will quotas be reached, and are they fair?", "Quotas") as c:
        ahead = outlook_part.quarter_ahead()
        chances = outlook_part.chances(d, ahead)
        c.answer(chances.sentence())
        if chances.frame.height:
            c.chart(charts.chances, chances.frame, chances.currency)
            c.method(compensation.quota_chances.chances, chances.frame, None, ahead)
        if chances.frame.height > 1:
            fair = compensation.quota_chances.fair_quotas(chances)
            c.answer(fair.sentence())
            c.table(fair.frame, column_config=pay_columns.FAIR, column_order=list(pay_columns.FAIR), height=220)

    if len(d.sight.people) > 1:
        with cell(page, "What will the plans cost?", "Cost", span="all") as c:
            plan = outlook_part.scenario(page)
            costs = outlook_part.costs(d.payroll(d.running), outlook_part.chances(d, 0, plan))
            c.answer(costs.sentence())
            if costs.frame.height:
                c.chart(charts.costs, costs.sensitivity, costs.currency)
                c.table(costs.frame, column_config=pay_columns.COSTS, column_order=list(pay_columns.COSTS), height=260)

    if not c.failed and payroll.frame.height:
        with cell(page, "What is paid beside the plan?", "Exceptions", span="all") as c:
            exception_part.show(d, c, payroll)

    with cell(page, "Which plans are in force?", "Plans", span="all") as c:
        plan_part.show(d, c)

notebook.offer(page)
