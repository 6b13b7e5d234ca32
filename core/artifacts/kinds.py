"""The kinds of things that are kept: what each is, how many, and whether it may be written to disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.contracts.errors import StoreError, closest
from core.localization import message

if TYPE_CHECKING:
    from core.artifacts.codecs import FolderCodec


@dataclass(frozen=True)
class Kind:
    """One kind of what is kept.

    Attributes
    ----------
    name : str
        Its folder under `home/artifacts`, and its name on the command line.
    title : str
        What it is, as a plural a sentence can use: "models".
    entries : int
        How many the disk keeps, those made or read last; 0 where nothing is written.
    in_memory : int
        How many stay in memory; 0 where none do. The bytes of all kinds together are bounded besides.
    content : str
        What is in it and who makes it, for the list and the documentation.
    codec : FolderCodec, optional
        How it is written; None where who makes it brings a codec, or the plain one serves.
    is_reread : bool
        True where what was just written is handed out as it reads back, so that the process which made it
        and those that come after have the very same.
    is_read_later : bool
        True where files are read from after the artefact was handed out: what a process still uses is not deleted.
    """

    name: str
    title: str
    entries: int
    in_memory: int
    content: str
    codec: FolderCodec[Any] | None = None
    is_reread: bool = False
    is_read_later: bool = False

    @property
    def is_kept_on_disk(self) -> bool:
        """Whether anything of this kind is written."""
        return self.entries > 0


SAMPLE = Kind("sample", "sample companies", 2, 0, "The sample company as it was generated.")
CORRESPONDENCE = Kind(
    "correspondence", "sample correspondence", 2, 0, "The sample company's invented mails, meetings and calls, as read."
)
SNAPSHOTS = Kind(
    "snapshots",
    "data snapshots",
    3,
    2,
    "The data as it was read and checked, once per state of its files.",
    is_reread=True,
    is_read_later=True,
)
MODELS = Kind("models", "models", 6, 4, "The trained models with their cards and scores, one version each.", None, True)
ALARMS = Kind("alarms", "model alarms", 12, 12, "What a version of the models raises on today's deals and accounts.")
ACCOUNTS = Kind(
    "accounts", "account outlooks", 4, 4, "What is expected of every paying account, and past cases.", None, True
)
LANDMARKS = Kind(
    "landmarks", "past landmarks of deals", 3, 2, "What was known of deals on past days, and how each ended."
)
REPLAYS = Kind("replays", "replays", 3, 4, "Forecasts as they would have been made on past days.", None, True)
RECORDS = Kind("records", "records of past forecasts", 3, 4, "Past forecasts of quarters that are over, with outcomes.")
REPLAY_DAYS = Kind("replay-days", "replayed days", 400, 32, "Single past days between those that are replayed.")
RESULTS = Kind("results", "results", 512, 512, "Measures, forecasts and headlines of the company's own data.")
CHARTS = Kind("charts", "charts", 300, 512, "Finished charts with their data, ready to be drawn.")
VECTORS = Kind("vectors", "sentence vectors", 4, 20_000, "Sentences of catalogue and answers, as numbers.")
MARTS = Kind("marts", "marts", 3, 8, "The tables that measures and models are worked out from.")
MEASURES = Kind("measures", "parts of measures", 0, 48, "What several measures share, per function.")
SLIDER = Kind("slider", "parts of scenarios", 0, 100_000, "Baselines and what each lever's position changes.")
ANALYSES = Kind("analyses", "requirement lists", 0, 128, "A buyer's list as read, matched and filled; never written.")
CATALOGUES = Kind("catalogues", "catalogues", 0, 32, "What the product can do, as it stands and as compared.")
DIGESTS = Kind("digests", "digests", 500, 0, "The digest made last of every set-up, with the rows its owner may see.")
UPLOADS = Kind(
    "uploads", "session uploads", 1_000, 0, "What sessions uploaded, each sealed with its session's own key."
)
UNSAVED = Kind(
    "unsaved", "unsaved work", 5_000, 0, "What people typed and have not saved yet, each sealed for one browser alone."
)
DOWNLOADS = Kind("downloads", "downloads", 1_000, 0, "Files made for somebody to download, for minutes; sealed.")
WEB_FILES = Kind("web-files", "files for browsers", 1_000, 0, "Scripts, styles and fonts as they travel to browsers.")

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        SAMPLE,
        CORRESPONDENCE,
        SNAPSHOTS,
        MODELS,
        ALARMS,
        ACCOUNTS,
        LANDMARKS,
        REPLAYS,
        RECORDS,
        REPLAY_DAYS,
        RESULTS,
        CHARTS,
        VECTORS,
        MARTS,
        MEASURES,
        SLIDER,
        ANALYSES,
        CATALOGUES,
        DIGESTS,
        UPLOADS,
        UNSAVED,
        DOWNLOADS,
        WEB_FILES,
    )
}


def kind_named(name: str) -> Kind:
    """Return a kind by its name.

    Raises
    ------
    StoreError
        When there is none of that name; the closest one is given.
    """
    if name in KINDS:
        return KINDS[name]
    near = closest(name, KINDS)
    mend = message("Did you mean {near}?", near=near) if near else message("Known: {kinds}.", kinds=", ".join(KINDS))
    raise StoreError(message("There is no kind of artefact called {name!r}.", name=name), mend=mend)
