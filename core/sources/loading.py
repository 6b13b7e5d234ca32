"""The data the settings name: a company's folder, or the sample company, each read once per state it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.artifacts import SAMPLE, SNAPSHOTS, key, open_cache
from core.config import Settings
from core.contracts.dataset import Dataset
from core.contracts.errors import QuarterdeckError
from core.resources import SOFTWARE, industry_file
from core.sources import row_limit, sample_titles, snapshot, source_registry

Progress = Callable[[float, str], None]
META, TRUTH = "meta.yaml", "truth"
SMALL = (240, 19_200)  # accounts and transactions of the small sample company


@dataclass(frozen=True)
class SourceState:
    """The state a source is in.

    Attributes
    ----------
    name : str
        What its snapshot is kept under; no file is read for it. That of a source in a folder counts names, sizes and
        change times of the folder's files.
    changed_ns : int, optional
        When the last of its files was changed, in nanoseconds of the system's clock; None where its files do not
        change by themselves, or lie where asking for them takes long.
    """

    name: str
    changed_ns: int | None


def load_data(settings: Settings, progress: Progress | None = None, source: str = "", version: int = 0) -> Dataset:
    """Return the data of a source of the workspace.

    Parameters
    ----------
    settings : Settings
    progress : callable, optional
        Called with a share in [0, 1] and a text while the sample is generated.
    source : str
        Its name: "sample", "settings" for what the settings name, or one that was kept; default the one that was
        chosen for everybody, and where nobody chose, the folder of the settings, else the sample company.
    version : int
        Of a kept source; default the newest.
    """
    name, number = (source, version) if source else source_registry.in_force(settings)
    if source_registry.is_sample(settings, name):
        return load_sample(settings, progress)
    if name != source_registry.SETTINGS:
        return source_registry.load(settings, source_registry.saved_version(settings, name, number))
    if settings.has_warehouse:
        from core.sources import warehouse_source

        origin = _origin(settings, name, number)
        return snapshot.load_or_read(
            origin, settings, lambda: row_limit.within(warehouse_source.read(settings), settings)
        )
    folder, mapping = settings.source.folder, settings.source.mapping
    origin = _origin(settings, name, number)
    return snapshot.load_or_read(
        origin, settings, lambda: row_limit.within(_read_folder(folder, mapping, settings), settings)
    )


def state_of(settings: Settings, source: str, version: int = 0) -> SourceState:
    """Return the state a source of the workspace is in: another one as soon as its files change.

    Parameters
    ----------
    settings : Settings
    source : str
        As `load_data` takes it.
    version : int
        Of a kept source; default the newest.
    """
    origin = _origin(settings, source, version)
    files = [part for part in origin if isinstance(part, tuple)] if isinstance(origin, tuple) else []
    changes = [file[-1] for file in files if file and isinstance(file[-1], int)]
    return SourceState(snapshot.name_of(origin, settings), max(changes, default=None))


def title_of(settings: Settings, source: str, version: int = 0) -> str:
    """Return what the data of a source are called, as models trained on them note it; empty before they were read.

    Parameters
    ----------
    settings : Settings
    source : str
        As `load_data` takes it.
    version : int
        Of a kept source; default the newest.
    """
    name = state_of(settings, source, version).name
    entries = (entry for entry in open_cache(settings.home).entries(SNAPSHOTS) if entry.key == name)
    return next((str(entry.about.get("source", "")) for entry in entries), "")


def _origin(settings: Settings, source: str, version: int) -> str | tuple[Any, ...]:
    if source_registry.is_sample(settings, source):
        industry, name = settings.demo.industry, _sample_key(settings)
        return name if industry == SOFTWARE else (name, industry)
    if source != source_registry.SETTINGS:
        return source_registry.origin(source_registry.saved_version(settings, source, version))
    if settings.has_warehouse:
        from core.sources import warehouse_source

        return warehouse_source.origin(settings)
    return snapshot.folder_state(settings.source.folder, settings.source.mapping)


def read_again(settings: Settings) -> bool:
    """Ask for a newer reading of the company's tables where they lie in a warehouse; say whether they do.

    Files say by themselves that they changed.

    Raises
    ------
    SourceError
        When the warehouse does not answer; what was read last goes on to count.
    """
    if not settings.has_warehouse:
        return False
    from core.sources import warehouse_source

    warehouse_source.read_again(settings)
    return True


def engine_refusal(settings: Settings) -> str:
    """Return why the engine of the settings cannot be used, with what mends it; nothing where it can."""
    from core.sources.engines import catalogue

    try:
        catalogue.require(settings.engine)
        if settings.has_warehouse:
            from core.sources.engines.raw_tables import opened

            opened(settings).check()
    except QuarterdeckError as error:
        return str(error)
    return ""


def load_sample(settings: Settings, progress: Progress | None = None) -> Dataset:
    """Return the sample company of the settings: of their industry and size.

    Parameters
    ----------
    settings : Settings
        Its files and its snapshot are kept under `home`; they are made when they are missing.
    progress : callable, optional
        Called with a share in [0, 1] and a text while the sample is generated.
    """
    origin = _origin(settings, source_registry.SAMPLE, 0)
    return snapshot.load_or_read(origin, settings, lambda: _read_sample(sample_files(settings, progress), settings))


def sample_files(settings: Settings, progress: Progress | None = None) -> Mapping[str, bytes]:
    """Return the files of the sample company by name, those of the planted truth under "truth/".

    Parameters
    ----------
    settings : Settings
    progress : callable, optional
        Called with a share in [0, 1] and a text while the sample is generated.
    """
    return open_cache(settings.home).get(
        SAMPLE, _sample_key(settings), lambda: _generated(progress, **_shape(settings))
    )


def put_sample(settings: Settings, accounts: int, transactions: int) -> None:
    """Keep a sample company of another size where the home's own would be; made where it is not there yet.

    Parameters
    ----------
    settings : Settings
    accounts, transactions : int
        How many of each, the transactions about.
    """
    open_cache(settings.home).get(
        SAMPLE, _sample_key(settings), lambda: _generated(None, accounts=accounts, transactions=transactions)
    )


def is_ready(settings: Settings) -> bool:
    """Say whether the data can be read without generating a company first; nothing is read for it."""
    if not source_registry.is_sample(settings, source_registry.in_force(settings)[0]):
        return True
    return open_cache(settings.home).is_kept(SAMPLE, _sample_key(settings))


def _sample_key(settings: Settings) -> str:
    shape = _shape(settings)
    if not shape:
        return key(SAMPLE, (), (), "core.sample.generate")
    words = industry_file(settings.demo.industry, "words.yaml") if "industry" in shape else None
    return key(SAMPLE, (), (), "core.sample.generate", shape, words.read_bytes() if words else b"")


def _shape(settings: Settings) -> dict[str, Any]:
    """Return in what the sample company of the settings differs from the default one."""
    size = {"accounts": SMALL[0], "transactions": SMALL[1]} if settings.demo.size == "small" else {}
    return size | ({"industry": settings.demo.industry} if settings.demo.industry != SOFTWARE else {})


def _generated(progress: Progress | None, **shape: Any) -> dict[str, bytes]:
    from core.sample import generate

    with TemporaryDirectory(prefix="quarterdeck-") as work:
        folder = Path(work) / "sample"
        generate(folder, **shape, progress=progress)
        truth = folder.with_name("sample_truth")
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        return files | {f"{TRUTH}/{path.name}": path.read_bytes() for path in sorted(truth.iterdir())}


def _read_sample(files: Mapping[str, bytes], settings: Settings) -> Dataset:
    import yaml

    from core.sources.folder import read_files

    facts = yaml.safe_load(files[META])
    tables = {name: content for name, content in files.items() if "/" not in name and name != META}
    day = date.fromisoformat(str(facts["as_of"]))
    return read_files(tables, None, settings, day, sample_titles.title(settings.demo.industry))


def _read_folder(folder: str, mapping: str, settings: Settings) -> Dataset:
    from core.sources.folder import read_folder

    return read_folder(folder, mapping or None, settings)
