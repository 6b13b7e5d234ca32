"""Playbooks: what has to be done, whether it helps, and how each play is written."""

from core import plays
from core.charts import plays as charts
from pages.ui.kit import notebook, play_tasks, shell
from pages.ui.kit.cells import cell
from pages.ui.playbooks import outcomes, play_form

page = shell.open("Playbooks")
data, settings = page.data, page.settings
runs = play_tasks.runs(page)

with cell(page, "What has to be done?", "Tasks", span="all") as c:
    state = outcomes.state()
    tasks = plays.play_board.board(data, settings, runs, state)
    c.answer(tasks.sentence())
    if tasks.frame.is_empty():
        c.empty("Plays start by themselves when something is new for them; one can be started by hand below.")
    else:
        columns = play_tasks.COLUMNS if state == "waiting" else play_tasks.ENDED
        play_tasks.board(page, c, tasks.frame, columns)
    c.method(plays.play_board.board, tasks.frame, given=f"data, settings, runs, {state!r}")

with cell(page, "Does it help?", "Record", span="all") as c:
    record = outcomes.record(page, runs)
    c.answer(record.sentence())
    c.table(record.frame, column_config=outcomes.RECORD, column_order=list(outcomes.RECORD))
    if record.frame["difference"].drop_nulls().len():
        c.chart(charts.effects, record.frame)
    c.method(plays.play_record.record, record.frame, given="data, settings, runs")

with cell(page, "What is a play compared with?", "Evidence", span="all") as c:
    key = outcomes.chosen(runs)
    evidence = outcomes.evidence(page, runs, key)
    c.answer(evidence.sentence())
    if not evidence.frame.is_empty():
        c.table(evidence.frame, column_config=outcomes.STRATA, column_order=list(outcomes.STRATA), height=260)
    c.method(plays.play_record.evidence, evidence.frame, given=f"data, settings, runs, {key!r}")

with cell(page, "How is a play written?", "Plays", span="all") as c:
    play_form.show(page, c, runs)

notebook.offer(page)
