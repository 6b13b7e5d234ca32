"""What a worker can do: the kinds of jobs, what they are called on a page, and what does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.artifacts import DOWNLOADS, UNSAVED, UPLOADS, open_cache
from core.config import Settings
from core.contracts.errors import SourceError
from core.jobs import digest_job, mailbox_job
from core.preparing import making, preparation, session_models
from core.replaying import forecast_history
from core.sources.connectors import sync_request
from core.sources.source_registry import opened
from core.store.event_asks import AGAIN, EVENTS, TELL
from core.store.jobs import Job

LEARN = "learn"
MODELS = "models"
PAUSE = timedelta(seconds=5)
Report = Callable[[float, str], None]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes
    ----------
    title : str
        What it is called on a page.
    work : callable
        `(settings, job, report, clock)`; returns how it ended, in a sentence. `report` takes the share that is done
        and what is being done.
    is_heavy : bool
        It takes minutes of all cores: a worker does one such at a time, and goes on with others beside it.
    """

    title: str
    work: Callable[[Settings, Job, Report, Clock], str]
    is_heavy: bool = False


def sync(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Ask a connected system what has changed.

    Raises
    ------
    SourceError
        When a table could not be read.
    """
    import gc

    from core.sources.connectors import sync_run

    # Rows hold no circles: looking for some among millions of them takes a quarter of the time.
    gc.set_threshold(200_000, 50, 100)
    outcome = sync_run.sync(settings, job.subject, clock)
    if outcome.failures:
        raise SourceError(outcome.sentence())
    return outcome.sentence()


def prepare(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Read changed data, and make their tables and models.

    Raises
    ------
    SourceError
        When they cannot be read.
    """
    failure = preparation.prepare(settings, job.subject, int(job.payload["version"]), str(job.payload["state"]))
    if failure:
        raise SourceError(failure)
    _ask_digests(settings, job)
    return "The new data are ready."


def make(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Make tables and models that are not there yet. Raises as `making.make`."""
    return making.make(settings, job.subject, int(job.payload["version"]), report)


def own(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Train the models of one session's own data. Raises as `session_models.make`."""
    return session_models.make(settings, str(job.payload.get(session_models.SECRET, "")), report, clock)


def replay(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Replay past quarters as they would have been forecast then."""
    return forecast_history.replay(settings, report)


def learn(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Learn the models anew where they are old or show their age."""
    from core.jobs import learning

    sentence = learning.learn_if_due(settings, report)
    _ask_digests(settings, job)
    return sentence


def digests(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Make the digests people have set up."""
    with opened(settings) as store:
        return digest_job.make_all(settings, store, report, clock)


def tidy(settings: Settings, clock: Clock) -> int:
    """Delete uploads and downloads of sessions whose time is over; return how many."""
    from core.artifacts.session_files import SessionFiles

    return sum(SessionFiles(open_cache(settings.home), kind).tidy(clock()) for kind in (UPLOADS, UNSAVED, DOWNLOADS))


def _ask_digests(settings: Settings, job: Job) -> None:
    with opened(settings) as store:
        digest_job.ask(store, job.asked_by)


def tell(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Look at what happened and, unless it is only that, at the alerts; and send what is due.

    Where somebody else looks in the same moment, another look is asked for, for theirs may have passed what is new.
    """
    from core.alerts import tick
    from core.sources import load_data

    is_brief = job.subject.removesuffix(AGAIN) == EVENTS
    with opened(settings) as store:
        data = load_data(settings)
        if is_brief:
            outcome = tick.tell_events(settings, store, data, clock, job.worker)
        else:
            outcome = tick.tick(settings, store, data, clock, job.worker)
        if outcome.is_elsewhere:
            store.jobs.ask_events(job.subject.removesuffix(AGAIN), PAUSE)
    return outcome.sentence()


def mailbox(settings: Settings, job: Job, report: Report, clock: Clock) -> str:
    """Fetch what is new in the mailbox of the settings."""
    return mailbox_job.fetch(settings, report, job.asked_by)


KINDS = {
    sync_request.KIND: Kind("Sync", sync),
    preparation.KIND: Kind("New data", prepare),
    making.KIND: Kind("Tables and models", make, is_heavy=True),
    session_models.KIND: Kind("Models of one session's data", own, is_heavy=True),
    forecast_history.KIND: Kind("Forecast history", replay, is_heavy=True),
    LEARN: Kind("Models", learn, is_heavy=True),
    digest_job.KIND: Kind("Digests", digests),
    TELL: Kind("Alerts", tell),
    mailbox_job.KIND: Kind("Mailbox", mailbox),
}
