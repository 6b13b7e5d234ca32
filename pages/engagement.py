"""Engagement: who talks with us, how fast, who has gone quiet, what is met and said, and what was promised."""

from core.charts import engagement_charts as charts
from core.interactions import call_record, contact_breadth, meeting_record, next_steps, quiet_deals, reply_times
from pages.ui.engagement import columns
from pages.ui.kit import cache, engagement_data, notebook, shell
from pages.ui.kit.cells import cell

page = shell.open("Engagement")
data, settings = page.data, page.settings
interactions = engagement_data.interactions(page)

with cell(page, "Who has gone quiet?", "Quiet", span="all") as c:
    quiet = cache.result(quiet_deals.quiet, data, settings, interactions)
    c.answer(quiet.sentence())
    if interactions.is_empty:
        c.empty("Load mails, calendars or transcripts on the Data page, or let the worker fetch a mailbox.")
    elif interactions.is_invented:
        c.remark(engagement_data.INVENTED)
    if quiet.value:
        c.chart(charts.silence, quiet.frame.filter("is_quiet"))
        c.table(quiet.frame.filter("is_quiet"), column_config=columns.QUIET, column_order=list(columns.QUIET))
    c.method(quiet_deals.quiet, quiet.frame, given=columns.GIVEN)

if not interactions.touches.is_empty():
    with cell(page, "Who talks with us?", "People", span="all") as c:
        span = columns.days()
        breadth = cache.result(contact_breadth.by_deal, data, settings, interactions, span)
        c.answer(breadth.sentence())
        if not breadth.frame.is_empty():
            c.table(breadth.frame, column_config=columns.BREADTH, column_order=list(columns.BREADTH), height=330)
        c.method(contact_breadth.by_deal, breadth.frame, given=f"{columns.GIVEN}, {span}")

    with cell(page, "Who is it on one deal?", "One deal") as c:
        chosen = columns.deal(breadth.frame)
        people = cache.result(contact_breadth.people, data, settings, interactions, chosen)
        c.answer(people.sentence())
        if not people.frame.is_empty():
            c.table(people.frame, column_config=columns.PEOPLE, column_order=list(columns.PEOPLE), height=300)
        c.method(contact_breadth.people, people.frame, given=f"{columns.GIVEN}, {chosen!r}")

    with cell(page, "How fast is the answer?", "Answers") as c:
        answers = cache.result(reply_times.by_side, data, settings, interactions)
        c.answer(answers.sentence())
        if not answers.frame.is_empty():
            c.table(answers.frame, column_config=columns.ANSWERS, column_order=list(columns.ANSWERS))
        each = cache.result(reply_times.by_rep, data, settings, interactions)
        c.answer(each.sentence())
        if not each.frame.is_empty():
            c.table(each.frame, column_config=columns.ANSWERS, column_order=list(columns.ANSWERS), height=220)
        c.method(reply_times.by_side, answers.frame, given=columns.GIVEN)

    with cell(page, "What is met, and what is ahead?", "Meetings", span="all") as c:
        meetings = cache.result(meeting_record.by_deal, data, settings, interactions)
        c.answer(meetings.sentence())
        met = cache.result(meeting_record.in_period, data, settings, interactions, *columns.period(page))
        c.answer(met.sentence())
        if not meetings.frame.is_empty():
            c.table(meetings.frame, column_config=columns.MEETINGS, column_order=list(columns.MEETINGS), height=300)
        c.method(meeting_record.by_deal, meetings.frame, given=columns.GIVEN)

if not interactions.turns.is_empty():
    with cell(page, "Who talks in calls?", "Talk") as c:
        talk = cache.result(call_record.by_rep, data, settings, interactions)
        c.answer(talk.sentence())
        if not talk.frame.is_empty():
            c.chart(charts.talk, talk.frame)
            c.table(talk.frame, column_config=columns.TALK, column_order=list(columns.TALK))
        c.method(call_record.by_rep, talk.frame, given=columns.GIVEN)

    with cell(page, "What is talked about?", "Topics") as c:
        topics = cache.result(call_record.topics, data, settings, interactions)
        c.answer(topics.sentence())
        if not topics.frame.is_empty():
            c.chart(charts.topics, topics.frame)
        c.method(call_record.topics, topics.frame, given=columns.GIVEN)

    with cell(page, "How did each call go?", "Calls", span="all") as c:
        calls = cache.result(call_record.by_call, data, settings, interactions)
        c.answer(calls.sentence())
        if not calls.frame.is_empty():
            c.table(calls.frame, column_config=columns.CALLS, column_order=list(columns.CALLS), height=300)
        c.method(call_record.by_call, calls.frame, given=columns.GIVEN)

    with cell(page, "Was it done?", "Next steps", span="all") as c:
        steps = cache.result(next_steps.steps, data, settings, interactions)
        c.answer(steps.sentence())
        if not steps.frame.is_empty():
            shown = columns.with_words(steps.frame)
            c.table(columns.sided(steps.frame), column_config=shown, column_order=list(shown), height=300)
        c.method(next_steps.steps, steps.frame, given=columns.GIVEN)

    with cell(page, "What mood are customers in?", "Mood", span="all") as c:
        moods = cache.result(call_record.moods, data, settings, interactions)
        c.answer(moods.sentence())
        if not moods.frame.is_empty():
            c.table(
                columns.sided(moods.frame), column_config=columns.MOODS, column_order=list(columns.MOODS), height=300
            )
        c.method(call_record.moods, moods.frame, given=columns.GIVEN)

notebook.offer(page)
