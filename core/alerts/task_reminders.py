"""Reminders of tasks on requirement lists that are due soon or late: one message a day to whoever has some."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from core.access import saved_content
from core.alerts.message import Line, Message
from core.alerts.readers import Reader
from core.alerts.telling import Look
from core.alerts.ways import COMPANY, MAIL
from core.metrics.measure import counted
from core.store.deliveries import NewDelivery, key_of
from core.store.work_tasks import ROLE, Task

AHEAD = timedelta(days=2)
RIGHT = "requirements:read"


def due(look: Look) -> list[NewDelivery]:
    """Return the reminders of today: one to each person with tasks due within two days or late, by mail.

    Whoever is named by name alone, and no member of the project under a mail address, is not written to; the
    Project page counts their tasks all the same.

    Parameters
    ----------
    look : Look
    """
    server = next((way for way in look.ways.values() if way.kind == MAIL and way.owner == COMPANY), None)
    today = look.now.date()
    tasks = look.store.work_tasks.due(today + AHEAD) if server is not None else []
    if server is None or not tasks:
        return []
    out = []
    for user, own in sorted(by_person(look, tasks).items()):
        who = look.readers.identity(user)
        reader = Reader(user, who) if who is not None else None
        habits = look.readers.habits(user)
        if reader is None or habits.is_mail_off or reader.identity.is_masked or not look.readers.may(reader, RIGHT):
            continue
        mine = _visible(look, reader, own)
        if mine:
            message = Message(f"{counted(len(mine), 'task')} on requirement lists", tuple(map(_line, mine)))
            content = message.content | {"is_masked": False}
            due_at = habits.due(look.now, look.settings.time_zone)
            key = key_of("tasks", user, today.isoformat())
            out.append(NewDelivery(key, "alert", user, server.id, "tasks", content, due_at, due_at > look.now))
    return out


def by_person(look: Look, tasks: Iterable[Task]) -> dict[str, list[Task]]:
    """Return the tasks of each person who signs in with a mail address; those of a role are of all who have it."""
    out: dict[str, list[Task]] = {}
    members: dict[int, dict[str, tuple[str, ...]]] = {}
    for task in tasks:
        people = [task.assignee]
        if task.assignee.startswith(ROLE):
            number = task.requirement_set_id
            if number not in members:
                members[number] = dict(look.store.projects.get(number).members)
            role = task.assignee.removeprefix(ROLE)
            people = [person for person, roles in members[number].items() if role in roles]
        for person in people:
            if "@" in person:
                out.setdefault(person, []).append(task)
    return out


def _visible(look: Look, reader: Reader, tasks: list[Task]) -> list[Task]:
    """Return the tasks on lists the reader may see."""
    who = reader.identity
    if not (who.regions or who.team_of):
        return tasks
    data = look.ground(look.readers.view(reader), "").data
    listed = look.store.requirement_sets.list(saved_content.EVERYBODY)
    mine = {saved.id for saved in saved_content.lists(saved_content.Reader.of(who, data), listed)}
    return [task for task in tasks if task.requirement_set_id in mine]


def _line(task: Task) -> Line:
    when = f"due {task.due_on:%d %B}" if task.due_on else "without a day"
    deed = {"answer": "answer", "sign off": "sign off"}.get(task.kind, "read the comment on")
    sentence = f"{deed.capitalize()} row {task.row} of {task.list_name}, {when}."
    return Line(sentence, f"/project?list={task.requirement_set_id}")
