"""Reminders of tasks: one message a day to whoever has some that are due, by mail, and to nobody else."""

from __future__ import annotations

from datetime import date

from core.alerts import task_reminders, ways
from core.alerts.readers import Readers
from core.alerts.telling import Look
from core.alerts.ways import Way
from core.store.reviews import Change
from tests.alerts.test_tick import BOSS

WRITER, EMEA, GUEST = "writer@example.com", "emea@example.com", "guest@example.com"


def test_a_person_is_reminded_once_a_day_of_what_is_due(store, company_settings, clock, days, small):
    def look_at(data):
        by_id = {way.id: way for way in ways.listed(store)}
        readers = Readers(company_settings, store, data)
        return Look(company_settings, store, data, readers, by_id, {}, lambda *_: None, clock())

    other = small.opportunities.join(small.accounts, on="account_id").filter(region="APAC")["opportunity_id"][0]
    number = store.requirement_sets.save("Harbour", "everybody", {"rows": [], "opportunity_id": other}).id
    people = {1: WRITER, 2: "Somebody by name", 3: GUEST, 4: EMEA, 5: WRITER, 6: "role: legal"}
    due = dict.fromkeys(people, date(2026, 5, 19)) | {5: date(2026, 6, 30)}
    store.projects.set_members(number, {BOSS: ["legal"], "lea": ["legal"]}, "test")
    store.reviews.change(number, [Change("S", r, 0, {"owner": p, "due_on": due[r]}) for r, p in people.items()], "test")
    assert task_reminders.due(look_at(days[2])) == []
    ways.save(store, Way("company", "Mail", "mail", "mail.example.com:587", sender="qd@example.com"))
    sent = task_reminders.due(look_at(days[2]))
    assert {message.reader: message.content["title"] for message in sent} == {
        WRITER: "1 task on requirement lists",
        BOSS: "1 task on requirement lists",
    }
    (line,) = next(m for m in sent if m.reader == WRITER).content["lines"]
    assert line == ["Answer row 1 of Harbour, due 19 May.", f"/project?list={number}"]
    assert store.deliveries.add(sent) == 2
    assert store.deliveries.add(task_reminders.due(look_at(days[2]))) == 0
