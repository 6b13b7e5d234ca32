"""The work on saved lists: tasks, plan, assignment, review stages, questions to the buyer, and the trust page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from core.api import paging
from core.api.caller import Asking, Caller
from core.api.problems import ApiError, routes_under
from core.scope import Scope

if TYPE_CHECKING:
    import polars as pl

    from core.requirements.work.project_roles import Standing
    from core.requirements.work.review_stages import Stages
    from core.store.buyer_questions import BuyerQuestion
    from core.store.projects import Project
    from core.store.repositories import Saved
    from core.store.reviews import Change
    from core.store.work_tasks import Task

router = routes_under("/v1", "projects")
READ, WRITE = "requirements:read", "requirements:write"
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The list's, as `projects` gives it.")]
TaskNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
Role = Literal["lead", "writer", "subject expert", "legal", "viewer"]
Person = Annotated[str, Field(min_length=1, max_length=200)]


class ProjectListed(BaseModel):
    """A list that is worked on."""

    id: int
    name: str
    opportunity_id: str | None


class ProjectShown(ProjectListed):
    """How the work on a list stands."""

    sentence: str
    deadline: date | None
    country: str
    stages: list[str]
    members: dict[str, list[str]]
    rows: list[dict[str, Any]]
    version: int


class PlanGiven(BaseModel):
    """How the work on a list is to go; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"deadline": "2026-12-18", "country": "DE", "version": 0}]}
    )

    deadline: date | None = None
    country: str | None = Field(
        None, max_length=8, description="Two letters, with a part where holidays differ: DE-BY."
    )
    stages: list[tuple[str, list[Role]]] | None = Field(
        None, max_length=8, description="Each with the roles that move an answer on; none at all turns stages off."
    )
    version: int = Field(ge=0, le=2**31 - 1, description="Of the plan that is replaced; 0 where there is none.")


class RuleGiven(BaseModel):
    """Rows of one kind fall to somebody."""

    model_config = ConfigDict(extra="forbid")

    field: Literal["section", "sheet", "category", "priority", "words", "every row"]
    value: str = Field("", max_length=400)
    assignee: str = Field(min_length=1, max_length=200, description="A person, or `role: ` and a role of the project.")


class AssignGiven(BaseModel):
    """Who is to answer which row."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rules": [{"field": "category", "value": "security", "assignee": "ann"}]}]},
    )

    rules: list[RuleGiven] = Field(min_length=1, max_length=100)
    takes_over: bool = Field(default=False, description="Also rows that somebody owns already.")
    due_on: date | None = None
    is_trial: bool = Field(default=False, description="Only say what would change.")


class RowGiven(BaseModel):
    """A row, as the project lists it."""

    model_config = ConfigDict(extra="forbid")

    sheet: str = Field(max_length=200)
    row: int = Field(ge=0, le=2**31 - 1)


class MoveGiven(BaseModel):
    """Rows that go to another stage."""

    model_config = ConfigDict(extra="forbid")

    rows: list[RowGiven] = Field(min_length=1, max_length=5_000)
    to: str = Field(max_length=40)


class QuestionGiven(RowGiven):
    """A question to the buyer about a row."""

    question: str = Field(min_length=1, max_length=4_000)


class Outcome(BaseModel):
    """What came of a change."""

    n_changed: int
    sentences: list[str]


class TaskShown(BaseModel):
    """Something the caller has to do."""

    id: int
    list_id: int
    list_name: str
    sheet: str
    row: int
    kind: str
    due_on: date | None
    made_by: str
    made_at: datetime


class QuestionShown(BaseModel):
    """A question to the buyer."""

    code: str
    sheet: str
    row: int
    question: str
    state: str
    answer: str
    answer_file: str
    rival_answer: str
    rival_file: str


@dataclass(frozen=True)
class _Work:
    """The work on one list as the caller sees it."""

    saved: Saved
    project: Project
    rows: pl.DataFrame
    who: Standing
    stages: Stages


def _lists(asking: Caller) -> list[Saved]:
    from core.access.saved_content import Reader, shared_lists

    asking.need(READ)
    if asking.identity.is_masked:
        raise ApiError(403, "The work on lists is people's own words.", "It takes a key that sees true names.")
    data, _ = asking.part(Scope())
    return list(shared_lists(Reader.of(asking.identity, data), asking.store.requirement_sets))


def _work(asking: Caller, number: int) -> _Work:
    from core.requirements.work import project_board, project_roles, review_stages

    saved = next((entry for entry in _lists(asking) if entry.id == number), None)
    if saved is None:
        raise ApiError(404, "There is no list of this number.", "It may lie outside what this key sees.")
    project = asking.store.projects.get(number)
    approvers = asking.settings.requirements.approvers if asking.may(WRITE) else ()
    who = project_roles.standing(asking.identity, project, asking.settings.roles, approvers)
    rows = project_board.rows(saved.payload, asking.store.reviews.rows(number))
    return _Work(saved, project, rows, who, review_stages.of_plan(project.payload))


@router.get("/projects", summary="Lists that are worked on", operation_id="projects")
def listed_projects(asking: Asking) -> list[ProjectListed]:
    """Return the saved lists the caller may see. Takes the right `requirements:read`."""
    return [
        ProjectListed(id=entry.id, name=entry.name, opportunity_id=entry.payload.get("opportunity_id"))
        for entry in _lists(asking)
    ]


@router.get("/projects/{number}", summary="How the work on a list stands", operation_id="project")
def shown_project(number: Number, asking: Asking) -> ProjectShown:
    """Return the plan, the members, every row with its owner, state and stage, and when it will be done. Takes the
    right `requirements:read`.
    """
    return _shown(asking, number)


def _shown(asking: Caller, number: int) -> ProjectShown:
    from core.requirements.work import burn_down, project_board

    work = _work(asking, number)
    plan, today = work.project.payload, asking.store.work_tasks.today()
    deadline, calendar = project_board.deadline_of(plan), project_board.calendar_of(plan)
    left = burn_down.burn_down(work.rows.height, asking.store.row_changes.of_list(number), today, calendar, deadline)
    return ProjectShown(
        id=number,
        name=work.saved.name,
        opportunity_id=work.saved.payload.get("opportunity_id"),
        sentence=left.sentence(),
        deadline=deadline,
        country=calendar.country,
        stages=list(work.stages.names),
        members={person: list(roles) for person, roles in work.project.members.items()},
        rows=paging.page(work.rows, max(work.rows.height, 1), "", "").rows,
        version=work.project.version,
    )


@router.put("/projects/{number}/plan", summary="Plan the work on a list", operation_id="plan_project")
def plan_project(number: Number, given: PlanGiven, asking: Asking) -> ProjectShown:
    """Set deadline, country of the holidays and review stages; a plan saved in between is never overwritten. Takes the
    right `requirements:write`, and leading the project where it has members.
    """
    from core.requirements.work import project_board, project_roles, review_stages

    asking.need(WRITE)
    work = _work(asking, number)
    work.who.need(project_roles.PLAN)
    if given.version != work.project.version:
        raise ApiError(409, "The plan was changed by somebody else.", "Read it again and repeat the change.")
    values: dict[str, Any] = {}
    if given.deadline is not None:
        values["deadline"] = given.deadline.isoformat()
    if given.country is not None:
        values["country"] = given.country.upper()
    if given.stages is not None:
        values["stages"] = review_stages.made(given.stages).content()
    plan = project_board.planned(work.project.payload, **values)
    asking.store.projects.save(work.project, plan, asking.identity.user)
    return _shown(asking, number)


@router.put("/projects/{number}/members", summary="Say who has which role", operation_id="set_project_members")
def set_members(number: Number, members: dict[Person, list[Role]], asking: Asking) -> ProjectShown:
    """Set who has which role in the work on a list; who is not named has none any more. Takes the right
    `requirements:write`, and leading the project where it has members.
    """
    from core.requirements.work import project_roles

    asking.need(WRITE)
    _work(asking, number).who.need(project_roles.PLAN)
    asking.store.projects.set_members(number, members, asking.identity.user)
    return _shown(asking, number)


@router.post("/projects/{number}/assign", summary="Give rows to people", operation_id="assign_rows")
def assign(number: Number, given: AssignGiven, asking: Asking) -> Outcome:
    """Give open rows to people or roles by rules, of which the first that fits decides. Takes the right
    `requirements:write`, and leading the project where it has members.
    """
    from core.requirements.work import assignment, project_roles

    asking.need(WRITE)
    work = _work(asking, number)
    work.who.need(project_roles.PLAN)
    rules = assignment.made([rule.model_dump() for rule in given.rules])
    preview = assignment.preview(work.rows, rules, takes_over=given.takes_over)
    changes = [] if given.is_trial else preview.changes(given.due_on)
    return _saved(asking, work, changes, [preview.sentence()])


@router.post("/projects/{number}/move", summary="Move answers to another stage", operation_id="move_rows")
def move(number: Number, given: MoveGiven, asking: Asking) -> Outcome:
    """Move answers to another review stage, as far as the caller's role may. Takes the right `requirements:write`."""
    from core.requirements.work import review_stages

    asking.need(WRITE)
    work = _work(asking, number)
    wanted = {(entry.sheet, entry.row) for entry in given.rows}
    keys = work.rows.select("sheet", "row").rows()
    rows = work.rows.filter([key in wanted for key in keys])
    four_eyes = asking.settings.requirements.four_eyes
    moves = review_stages.moved(rows, work.stages, given.to, work.who, four_eyes=four_eyes)
    return _saved(asking, work, moves.changes, list(moves.refused))


def _saved(asking: Caller, work: _Work, changes: list[Change], sentences: list[str]) -> Outcome:
    met = asking.store.reviews.change(work.saved.id, changes, asking.identity.user)
    return Outcome(
        n_changed=len(changes) - len(met), sentences=[*sentences, *(conflict.sentence() for conflict in met)]
    )


@router.get("/projects/{number}/questions", summary="Questions to the buyer", operation_id="buyer_questions")
def questions(number: Number, asking: Asking) -> list[QuestionShown]:
    """Return the questions of a list to its buyer, with the answers that came back. Takes the right
    `requirements:read`.
    """
    _work(asking, number)
    return [_question(entry) for entry in asking.store.buyer_questions.of_list(number)]


def _question(entry: BuyerQuestion) -> QuestionShown:
    return QuestionShown(**{name: getattr(entry, name) for name in QuestionShown.model_fields})


@router.post("/projects/{number}/questions", summary="Ask the buyer", operation_id="ask_buyer")
def ask(number: Number, given: list[QuestionGiven], asking: Asking) -> Outcome:
    """Add questions to the buyer about rows; one that is there already is left out. Takes the right
    `requirements:write`.
    """
    from core.requirements.export import question_files
    from core.requirements.work import project_roles

    asking.need(WRITE)
    work = _work(asking, number)
    work.who.need(project_roles.WRITE)
    mark = question_files.code_mark(work.saved.payload.get("file_key"), number)
    wanted = [(entry.sheet, entry.row, entry.question) for entry in given]
    n_added = asking.store.buyer_questions.ask(number, wanted, mark, asking.identity.user)
    return Outcome(n_changed=n_added, sentences=[])


@router.get(
    "/projects/{number}/questions/file",
    summary="Questions to the buyer as a file",
    operation_id="buyer_questions_file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def question_file(
    number: Number, asking: Asking, kind: Annotated[Literal["xlsx", "docx"], Query()] = "xlsx"
) -> Response:
    """Return the questions as a workbook or a document with a column for the answers. Takes the right
    `requirements:read`.
    """
    from core.branding import letterhead
    from core.requirements.export import question_files

    work = _work(asking, number)
    texts = {(row["sheet"], row["row"]): (row["requirement_id"] or "", row["text"]) for row in work.rows.to_dicts()}
    rows = question_files.lines(asking.store.buyer_questions.of_list(number), texts)
    write = question_files.workbook if kind == question_files.XLSX else question_files.document
    asking.audit("downloaded", f"questions.{kind}", work.saved.name)
    content = write(rows, f"Questions on {work.saved.name}", letterhead.of(asking.settings))
    return _file(content, f"questions.{kind}")


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post("/projects/{number}/questions/answers", summary="Read the buyer's answers", operation_id="read_answers")
def read_answers(number: Number, file: UploadFile, asking: Asking) -> Outcome:
    """Read the file the buyer filled; an answer against an earlier one waits beside it. Takes the right
    `requirements:write`.
    """
    from core.requirements.read import question_answers
    from core.requirements.work import project_roles

    asking.need(WRITE)
    work = _work(asking, number)
    work.who.need(project_roles.WRITE)
    ours = [text for row in work.rows.select("requirement_id", "text").iter_rows() for text in row if text]
    name = (file.filename or "answers.xlsx")[-200:]
    listed = asking.store.buyer_questions.of_list(number)
    answers = question_answers.read(file.file.read(), name, listed, ours)
    taken, _, rivals = asking.store.buyer_questions.take(number, answers.answers, name, asking.identity.user)
    more = [f"{rivals} against an earlier answer."] if rivals else []
    return Outcome(n_changed=taken, sentences=[answers.sentence(), *answers.contradictions, *more])


@router.get("/tasks", summary="The caller's tasks", operation_id="my_tasks")
def tasks(asking: Asking) -> list[TaskShown]:
    """Return what the caller has to do on lists they may see, due first in front. Takes the right
    `requirements:read`.
    """
    mine = {entry.id for entry in _lists(asking)}
    listed = asking.store.work_tasks.mine([asking.identity.user, asking.identity.name])
    return [_task(task) for task in listed if task.requirement_set_id in mine]


def _task(task: Task) -> TaskShown:
    values = asdict(task)
    return TaskShown(
        list_id=task.requirement_set_id, **{n: values[n] for n in TaskShown.model_fields if n != "list_id"}
    )


@router.post("/tasks/{number}/done", status_code=204, summary="A task is done", operation_id="task_done")
def done(number: TaskNumber, asking: Asking) -> Response:
    """Take a task of the caller's off the list. Takes the right `requirements:read`."""
    asking.need(READ)
    who = asking.identity
    asking.store.work_tasks.close(number, [who.user, who.name], who.user)
    return Response(status_code=204)


@router.post("/tasks/{number}/snooze", status_code=204, summary="Snooze a task", operation_id="snooze_task")
def snooze(
    number: TaskNumber, until: Annotated[date, Query(description="It comes back on this day.")], asking: Asking
) -> Response:
    """Snooze a task of the caller's until a day. Takes the right `requirements:read`."""
    asking.need(READ)
    who = asking.identity
    asking.store.work_tasks.snooze(number, [who.user, who.name], who.user, until)
    return Response(status_code=204)


@router.get(
    "/trust-page",
    summary="Approved public answers as static pages",
    operation_id="trust_page",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def trust(
    asking: Asking,
    title: Annotated[str, Query(min_length=1, max_length=200)] = "Our answers on security and compliance",
    version: Annotated[str, Query(max_length=40, description="Empty: by content.")] = "",
) -> Response:
    """Return the answers that are approved and marked public as a ZIP of static pages, without names of customers and
    with the files attached to them in the library that are marked public.
    Takes the right `requirements:write`.
    """
    from core.branding import letterhead
    from core.requirements.catalogue import effective_catalogue
    from core.requirements.export import public_evidence, trust_answers, trust_page
    from core.requirements.library import answer_edition
    from core.requirements.work import project_board

    asking.need(WRITE)
    reviews = asking.store.reviews
    lists = [(saved, project_board.rows(saved.payload, reviews.rows(saved.id))) for saved in _lists(asking)]
    catalogue = effective_catalogue.load(asking.store).catalogue
    data, _ = asking.part(Scope())
    four_eyes = asking.settings.requirements.four_eyes
    library = answer_edition.load(asking.store, asking.settings.answers.stale_days)
    attached = public_evidence.attached(library, asking.store.library_files)
    content = trust_answers.collect(lists, catalogue, data, attached=attached, four_eyes=four_eyes)
    on = asking.store.work_tasks.today()
    asking.audit("downloaded", "trust page", content.sentence())
    pages = trust_page.folder(content, title, on, version, letterhead.of(asking.settings))
    return _file(trust_page.packed(pages, on), "trust.zip")
