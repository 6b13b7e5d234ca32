"""Project: the work on a buyer's list: who answers what by when, its review, questions to the buyer, what is public."""

from pages.ui.kit import notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.project import (
    asking_buyer,
    assigning,
    member_list,
    staging,
    task_list,
    time_plan,
    trust_part,
    work_on_list,
)

page = shell.open("Project")
work_on_list.outcome()

with cell(page, "What waits for you?", "Mine") as c:
    task_list.show(page, c)

work = None
with cell(page, "Which list, and will it be done in time?", "Time") as c:
    work = work_on_list.choose(page, c)
    if work is not None:
        time_plan.show(work, c)

if work is not None:
    with cell(page, "Who answers which row?", "Rows", span="all") as c:
        assigning.show(work, c)

    with cell(page, "Where does each answer stand?", "Review", span="all") as c:
        staging.show(work, c)

    with cell(page, "What do we ask the buyer?", "Questions", span="all") as c:
        asking_buyer.show(work, c)

    with cell(page, "Who is in the project?", "Members") as c:
        member_list.members(work, c)

    with cell(page, "What happened lately?", "Activity") as c:
        member_list.activity(work, c)

with cell(page, "What may the public read?", "Public", span="all") as c:
    trust_part.show(page, c)

notebook.offer(page)
