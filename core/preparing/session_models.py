"""Models of one session's own data, trained by a worker: the rows go to it sealed, and what it made comes back sealed.

They lie in the artefact store under a secret drawn for this work alone. The queue has that secret once for each worker
that is there, sealed with its public key, whose other half never leaves its process: neither a copy of store and
database nor the installation's key opens them.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from core.artifacts import ACCOUNTS, LANDMARKS, MODELS, Kind, open_cache
from core.artifacts.codecs import PARQUET, FolderCodec
from core.artifacts.left_to_workers import is_tried, note_tried, wait_for
from core.artifacts.session_files import SessionFiles
from core.artifacts.values import VALUES
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError, SourceError
from core.preparing.making import Work
from core.preparing.preparation import BY
from core.replicas import places
from core.sources import session_copy
from core.store.jobs import DONE

if TYPE_CHECKING:
    from core.store import Store

KIND, ROWS, MADE, BOXES, SECRET = "own", "rows", "models", "boxes", "secret"
AGE = timedelta(hours=1)
FEW_DEALS = 200  # No model learns from so few: saying so takes a moment.
IN_MEMORY, ROOM_BYTES = Path("/dev/shm"), 256 << 20
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Order:
    """What a session has asked a worker for.

    Attributes
    ----------
    job : int
    secret : str
        Under which the rows lie, and what is made of them.
    fingerprint : str
        Of the rows.
    """

    job: int
    secret: str
    fingerprint: str


def lacks(data: Dataset, settings: Settings) -> bool:
    """Say whether models of a session's own data are to be trained, and are not in the memory of this process.

    Parameters
    ----------
    data : Dataset
        One session's own.
    settings : Settings
        With the data's stages and currency.
    """
    if data.company.opportunities.height <= FEW_DEALS:
        return False
    cache = open_cache(settings.home)
    return any(name not in cache.in_memory(kind) and not is_tried(name) for kind, name, _ in _parts(data, settings))


def ask(store: Store, files: SessionFiles, data: Dataset, settings: Settings, now: datetime) -> Order | None:
    """Ask a worker for the models of a session's own data; None where no worker is there.

    Until they are there, asking for them in this process raises `NotMadeYetError`.

    Parameters
    ----------
    store : Store
    files : SessionFiles
        Of uploads.
    data : Dataset
    settings : Settings
    now : datetime
        With a time zone.
    """
    from core.sealing import key_boxes

    keys = store.jobs.keys()
    if not keys:
        make_here(data, settings)
        return None
    secret = secrets.token_urlsafe(32)
    files.keep(secret, ROWS, session_copy.packed(data.company), now, AGE)
    boxes = {worker: key_boxes.sealed(secret.encode(), key) for worker, key in keys.items()}
    subject = f"session {hashlib.blake2b(secret.encode(), digest_size=4).hexdigest()}"
    job = store.jobs.ask(KIND, subject, {BOXES: boxes}, BY)
    wait_for(name for _, name, _ in _parts(data, settings))
    return Order(job.id, secret, data.company.fingerprint)


def progress(store: Store, order: Order) -> Work | None:
    """Return how far a worker is; None where it is done."""
    job = store.jobs.get(order.job)
    if job.state == DONE:
        return None
    failure = "" if job.is_active else job.message or "The work was cancelled."
    return Work(job.share, job.message, failure, has_worker=bool(store.jobs.workers()))


def cancel(store: Store, files: SessionFiles, order: Order) -> None:
    """Let nobody go on with what a session asked for, and delete its rows."""
    store.jobs.cancel(order.job)
    drop(files, order)


def drop(files: SessionFiles, order: Order) -> None:
    """Delete what lies under an order's secret."""
    for name in (ROWS, MADE):
        files.drop(order.secret, name)


def make_here(data: Dataset, settings: Settings) -> None:
    """Let this process make what no worker does."""
    note_tried(name for _, name, _ in _parts(data, settings))


def take(content: bytes, data: Dataset, settings: Settings) -> bool:
    """Take what a worker made into the memory of this process; say whether the models are among it.

    They are not where they were trained by other code or for other settings. What else a worker could not make is
    tried here, and told.

    Parameters
    ----------
    content : bytes
        What `make` keeps.
    data : Dataset
    settings : Settings
    """
    cache, parts = open_cache(settings.home), _parts(data, settings)
    with _folder() as folder:
        places.unpack(io.BytesIO(content), folder)
        if not (folder / parts[0][1]).is_dir():
            return False
        for kind, name, codec in parts:
            if (folder / name).is_dir():
                cache.in_memory(kind).put(name, codec.read(folder / name))
            else:
                note_tried([name])
    return True


def make(settings: Settings, secret: str, report: Report, now: Callable[[], datetime]) -> str:
    """Train the models of the rows that lie under a secret, and keep them there.

    Parameters
    ----------
    settings : Settings
    secret : str
    report : callable
        Takes the share that is done, from 0 to 1, and what is being done.
    now : callable
        Returns the present time in UTC.

    Raises
    ------
    SourceError
        When no rows are there, as after the session has left them.
    """
    from core.models import registry
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook

    files = SessionFiles(open_cache(settings.home))
    content = files.read(secret, ROWS, now()) if secret else None
    if content is None:
        raise SourceError("The rows of the session are not there any more.", mend="Open the page again.")
    data = session_copy.unpacked(content)
    own = fitted(settings, data)
    report(0.1, "Training the models")
    bundle = registry.load_or_train(data, own, lambda share, text: report(0.1 + 0.7 * share, text))
    report(0.8, "Working out what is expected of accounts")
    with suppress(QuarterdeckError):  # The page that asks for it tells why there is none.
        account_outlook.load_or_build(data, own, bundle)
    with suppress(QuarterdeckError):
        landmark_archive.load_or_build(data, own)
    files.keep(secret, MADE, _packed(data, own), now(), AGE)
    files.drop(secret, ROWS)
    return "The models are ready."


def _parts(data: Dataset, settings: Settings) -> tuple[tuple[Kind, str, FolderCodec[Any]], ...]:
    """Return the kind, the name and the codec of each thing that is made of a session's rows."""
    from core.models import registry
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook

    company = data.company
    models = registry.key(company, settings)
    return (
        (MODELS, models, registry.BundleCodec(settings)),
        (ACCOUNTS, account_outlook.key(company, settings, models), VALUES),
        (LANDMARKS, landmark_archive.key(company, settings), PARQUET),
    )


def _packed(data: Dataset, settings: Settings) -> bytes:
    cache = open_cache(settings.home)
    with _folder() as folder:
        for kind, name, codec in _parts(data, settings):
            value = cache.in_memory(kind).peek(name)
            if value is not None:
                (folder / name).mkdir()
                codec.write(value, folder / name)
        with places.packed(folder) as (file, _):
            return file.read()


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder that goes with the block, in memory where the system has such a place with room."""
    has_room = os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free >= ROOM_BYTES
    with TemporaryDirectory(dir=IN_MEMORY if has_room else None) as name:
        yield Path(name)
