"""Answer library: what we answer buyers, kept by those who own it, approved by a second person, found in one place."""

from core import requirements
from core.charts import library as charts
from core.localization import message
from pages.ui.kit import notebook, saved_content, shell
from pages.ui.kit.cells import cell
from pages.ui.library import (
    answer_form,
    find_answers,
    library_cache,
    library_upload,
    review_queue,
    similar_pairs,
)

page = shell.open("Answer library")
standing = library_cache.library(page)
GIVEN = "store, settings.answers.stale_days, requirements.library.sample_answers.answers(data, catalogue)"

with cell(page, "How does the library stand?", "Library") as c:
    answer_form.tell()
    c.answer(standing.sentence())
    if not standing.live.is_empty():
        c.chart(charts.by_standing, standing.live, page.data.as_of)
    c.method(requirements.library.answer_edition.load, standing.frame, given=GIVEN)

with cell(page, "What is due for review?", "Review") as c:
    review_queue.due(page, c, standing)

with cell(page, "Find an answer", "Find", span="all") as c:
    find_answers.show(page, c, standing)

with cell(page, "Read, change and approve an answer", "Answer", span="all") as c:
    answer_form.show(page, c, standing)

with cell(page, "What waits for approval?", "Approval") as c:
    review_queue.waiting(page, c, standing)

with cell(page, "Possible duplicates", "Duplicates") as c:
    similar_pairs.show(page, c)

with cell(page, "Import a library", "Import") as c:
    library_upload.show(page, c)

with cell(page, "Change history", "History") as c:
    past = saved_content.library_history(page, None, library_cache.sample(page))
    c.answer(message("The last {height:,} changes.", height=past.height) if past.height else "No changes yet.")
    if past.height:
        c.table(past.select(list(answer_form.PAST)), column_config=answer_form.PAST, height=300)

notebook.offer(page)
