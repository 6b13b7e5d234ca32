"""Enablement: what people should learn, what they carry to the buyer, what is tried, what is signed."""

from datetime import timedelta

import streamlit as st

from core import enablement, metrics, requirements
from core.charts import document_pdf as papers
from core.charts import learning_effects
from core.localization import message
from core.metrics.measure import counted
from core.requirements.judge import limits
from pages.ui.enablement import controls, learning, stories, templates
from pages.ui.kit import cache, downloads, notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import TALL_ROW
from pages.ui.requirements import gap_cache

LESSONS = {
    "lesson": st.column_config.NumberColumn("No.", width=45),
    "topic": st.column_config.TextColumn("Topic", width=190),
    "minutes": st.column_config.NumberColumn("Minutes", width=65),
    "goal": st.column_config.TextColumn("Goal", width=420),
    "exercise": st.column_config.TextColumn("Exercise", width=420),
    "source": "Source",
}
SCRIPT = {
    "minute": "Minute",
    "show": st.column_config.TextColumn("Show", width="medium"),
    "say": st.column_config.TextColumn("Say", width="large"),
    "source": "Source",
}
ANSWERS = {
    "question": st.column_config.TextColumn("Question", width="large"),
    "answer": st.column_config.TextColumn("Answer", width="large"),
    "source": "Source",
    "n_asked": "Times asked",
}
STEPS = {
    "step": "Step",
    "state": "State",
    "due_on": st.column_config.DateColumn("Due"),
    "who": "Who",
    "days_left": "Business days left",
}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
PDF = "application/pdf"
MONTH = timedelta(days=45)

page = shell.open("Enablement")
data, settings, today = page.data, page.settings, page.data.as_of
ledger, capabilities = gap_cache.ledger(page), gap_cache.catalogue_in_force().frame
gaps = ledger.frame
OUTLINE = (
    "enablement.updates.load(), requirements.work.saved_lists.current(data, settings, bundle, store).frame, "
    "catalogue.frame, requirements.work.saved_lists.asked(data, settings, catalogue=catalogue)"
)

own = templates.chosen(settings)

with cell(page, "What to learn now", "Learn", span="all") as c:
    training = enablement.training.outline(controls.news(), gaps, capabilities, controls.asked(page))
    c.answer(training.sentence())
    c.table(training.frame.select(list(LESSONS)), column_config=LESSONS, height=290, row_height=TALL_ROW)
    controls.learned(page, c, training.frame.height)
    with st.expander("Demo script"):
        c.table(training.script, column_config=SCRIPT)
    with st.expander("Questions buyers asked"):
        c.table(training.answers, column_config=ANSWERS)
    downloads.button(
        st,
        "Trainer's guide (Word)",
        lambda: enablement.word.write(training.paper(), own.docx, own.head),
        "training.docx",
        WORD,
        icon=":material/school:",
    )
    c.method(enablement.training.outline, training.frame, given=OUTLINE)

with cell(page, "Sales materials", "Materials", span="all") as c:
    c.answer(
        message(
            "A battlecard, a one-pager and a deck, written only from the catalogue, with sources. {ledger}",
            ledger=ledger.sentence(),
        )
    )
    row = st.container(horizontal=True, gap="xsmall")
    card = enablement.sales_material.battlecard(gaps, capabilities, training, settings.company)
    downloads.button(
        row,
        "Battlecard (Word)",
        lambda: enablement.word.write(card, own.docx, own.head),
        "battlecard.docx",
        WORD,
        icon=":material/swords:",
    )
    sheet = enablement.sales_material.one_pager(capabilities, training, settings.company)
    downloads.button(
        row,
        "One-pager (Word)",
        lambda: enablement.word.write(sheet, own.docx, own.head),
        "one-pager.docx",
        WORD,
        icon=":material/article:",
    )
    deck = enablement.sales_material.deck(gaps, capabilities, training, settings.company)
    downloads.button(
        row,
        "Deck (PowerPoint)",
        lambda: enablement.slides.write(deck, own.pptx, own.head),
        "deck.pptx",
        SLIDES,
        icon=":material/slideshow:",
    )

    downloads.button(
        row,
        "Battlecard (PDF)",
        lambda: papers.pdf(card),
        "battlecard.pdf",
        PDF,
        icon=":material/picture_as_pdf:",
    )
    downloads.button(
        row,
        "One-pager (PDF)",
        lambda: papers.pdf(sheet),
        "one-pager.pdf",
        PDF,
        icon=":material/picture_as_pdf:",
    )
    stories.show(page, gaps, capabilities, own)
    c.method(requirements.work.saved_lists.current, gaps, given="data, settings, bundle, store")

analysis = None
with cell(page, "Proof of concept", "Proof") as c:
    analysis = controls.choose(page)
    if analysis is None:
        c.empty("Save a requirement list on the Requirements page.")
    else:
        start = st.date_input("First day", value=today, key="trial_start")
        proof = enablement.proof_of_concept.plan(
            analysis.frame, start, controls.deal(analysis), controls.trial(page, analysis)
        )
        c.answer(proof.sentence())
        for row in proof.due(today).iter_rows(named=True):
            left = message(
                "Criterion {no} is open, {businesss} left: {requirement}",
                no=row["no"],
                businesss=counted(row["days_left"], "business day"),
                requirement=row["requirement"],
            )
            st.caption(escaped(left))
        if not proof.frame.is_empty():
            controls.results(page, analysis, proof.frame)
        with st.expander("What the POC needs"):
            st.markdown("\n".join(f"- {escaped(line)}" for line in proof.environment))
        row = st.container(horizontal=True, gap="xsmall")
        downloads.button(
            row,
            "Plan (Word)",
            lambda: enablement.word.write(proof.paper(), own.docx, own.head),
            "proof-of-concept.docx",
            WORD,
            icon=":material/science:",
        )
        downloads.button(
            row,
            "POC summary (Word)",
            lambda: enablement.word.write(proof.read_out(), own.docx, own.head),
            "read-out.docx",
            WORD,
            icon=":material/fact_check:",
        )

if analysis is not None:
    with cell(page, "Contract and deadlines", "Contract") as c:
        signature = st.date_input("Signature on", value=today + MONTH, key="signature_on")
        names = [approval["step"] for approval in enablement.rules.rules()["approvals"]]
        done = controls.steps(page, analysis, names)
        asked = limits.measured(analysis.frame)
        pack = enablement.contract.draw_up(analysis.frame, asked, signature, today, controls.deal(analysis), done)
        c.answer(pack.sentence())
        for line in pack.unmet:
            st.caption(escaped(line))
        c.table(pack.frame, column_config=STEPS, column_order=list(STEPS))
        with st.expander(message("Deviations ({height})", height=pack.deviations.height)):
            c.table(pack.deviations)
        downloads.button(
            st,
            "Contract pack (Word)",
            lambda: enablement.word.write(pack.paper(), own.docx, own.head),
            "contract-pack.docx",
            WORD,
            icon=":material/contract:",
        )

with cell(page, "Who finished which course?", "Courses", span="all") as c:
    courses = cache.result(metrics.course_record.by_course, data, settings)
    c.answer(courses.sentence())
    if courses.value is None:
        c.empty(learning.LOAD)
    else:
        c.table(courses.frame, column_config=learning.COURSES, column_order=list(learning.COURSES))
        modules = cache.result(metrics.course_record.by_module, data, settings)
        if modules.value is None:
            c.remark(learning.PACKAGES)
        else:
            c.answer(modules.sentence())
            c.table(modules.frame, column_config=learning.MODULES, column_order=list(learning.MODULES))
        with st.expander("Person by person"):
            people = learning.of_those_below(page, cache.result(metrics.course_record.by_person, data, settings).frame)
            if people.is_empty():
                c.empty("Somebody's courses are seen by themselves and by those they report to.")
            else:
                c.table(people, column_config=learning.PEOPLE, column_order=list(learning.PEOPLE), height=290)
        strangers = metrics.course_record.strangers(data)
        if learning.keeps_courses(page) and not strangers.is_empty():
            with st.expander(message("Not on the sales team ({height:,})", height=strangers.height)):
                c.table(strangers, column_config=learning.STRANGERS)
    c.method(metrics.course_record.by_course, courses.frame)

if courses.value is not None:
    with cell(page, "Do reps win more after a course?", "Effect", span="all") as c:
        effect = cache.result(metrics.training_effect.win_rate, data, settings)
        c.answer(effect.sentence())
        if learning.has_effects(effect):
            c.chart(learning_effects.rates, effect.frame, "course", "others")
        if not effect.frame.is_empty():
            c.table(effect.frame, column_config=learning.EFFECT, column_order=list(learning.EFFECT))
        c.method(metrics.training_effect.win_rate, effect.frame)

    with cell(page, "Do trained reps ramp faster?", "Ramp", span="all") as c:
        goal = learning.goal()
        ramp = cache.result(metrics.ramp_up.by_course, data, settings, goal)
        c.answer(ramp.sentence())
        if learning.has_effects(ramp):
            c.chart(learning_effects.days, ramp.frame)
        if not ramp.frame.is_empty():
            c.table(ramp.frame, column_config=learning.RAMP, column_order=list(learning.RAMP))
        c.method(metrics.ramp_up.by_course, ramp.frame, goal)

with cell(page, "Which content wins?", "Content", span="all") as c:
    content = cache.result(metrics.content_effect.by_content, data, settings)
    c.answer(content.sentence())
    if content.frame.is_empty():
        c.empty(learning.LOAD_CONTENT)
    else:
        if learning.has_effects(content):
            c.chart(learning_effects.rates, content.frame, "content", "deals without")
        c.table(content.frame, column_config=learning.CONTENT, column_order=list(learning.CONTENT))
    c.method(metrics.content_effect.by_content, content.frame)

notebook.offer(page)
