"""A folder, or a handful of uploaded files, as a dataset, with everything that was found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from core.config import Settings, load
from core.contracts import Dataset
from core.contracts.errors import ConfigError
from core.localization import message
from core.sources import dates, inventory, map_facts, plan
from core.sources.assembly import assemble
from core.sources.findings import Decision, Findings, Question
from core.sources.mapping import read_map
from core.sources.recognition import TableMatch
from core.sources.span_ends import EndConvention
from core.sources.stages import Stage


@dataclass(frozen=True)
class Reading:
    """A source as it was read.

    Attributes
    ----------
    dataset : Dataset
    matches : tuple of TableMatch
        What every table was taken for.
    decisions : tuple of Decision
        How every column is read.
    questions : tuple of Question
        What is open, with what is taken until it is answered.
    stages : tuple of Stage
        The open ones first, in order.
    notes : tuple of str
    plan : Plan
        The map these files were read by.
    facts : mapping
        What the map said of the whole source: as_of and currency, where it did.
    ends : tuple of EndConvention
        How every column of ends is read.
    """

    dataset: Dataset
    matches: tuple[TableMatch, ...]
    decisions: tuple[Decision, ...]
    questions: tuple[Question, ...]
    stages: tuple[Stage, ...]
    notes: tuple[str, ...]
    plan: plan.Plan
    facts: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[EndConvention, ...] = ()

    def as_map(self) -> dict[str, Any]:
        """Return how the files were read as the content of a column map."""
        return {**self.facts, **self.plan.as_map()}

    def as_yaml(self) -> str:
        """Return how the files were read as the YAML of a column map."""
        facts = yaml.safe_dump(dict(self.facts), sort_keys=False) if self.facts else ""
        return facts + self.plan.as_yaml()


def read_folder(
    folder: Path | str,
    mapping: Path | str | Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    as_of: date | None = None,
) -> Dataset:
    """Read a folder of exports into a dataset.

    Parameters
    ----------
    folder : path
        Holds CSV, TSV, Parquet, Excel, OpenDocument, JSON or JSON lines files, also packed; or the address of a folder
        in an object store.
    mapping : path or mapping, optional
        The column map; see `read_map`. Without one every table is taken for what it looks like.
    settings : Settings, optional
    as_of : date, optional
        Default: `as_of` of `meta.yaml`, else the latest day on which several things happened.

    Returns
    -------
    Dataset
        Good rows only; `rejected` holds the others, `emptied` cells that could not be read, `missing` what is to be
        said.

    Raises
    ------
    SourceError
        When the folder does not exist or holds nothing that is recognised.
    """
    return reading_of_folder(folder, mapping, settings, as_of).dataset


def read_files(
    files: Mapping[str, bytes],
    mapping: Path | str | Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    as_of: date | None = None,
    source: str = "Uploaded files",
) -> Dataset:
    """Read files held in memory into a dataset; see `read_folder`."""
    return reading_of_files(files, mapping, settings, as_of, source).dataset


def reading_of_folder(
    folder: Path | str,
    mapping: Path | str | Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    as_of: date | None = None,
) -> Reading:
    """Read a folder, and return the dataset with all that was decided; see `read_folder`."""
    contents = inventory.of_folder(folder)
    name = str(contents.facts.get("source") or PurePosixPath(str(folder).rstrip("/")).name)
    return _reading(contents, mapping, settings, as_of, name)


def reading_of_files(
    files: Mapping[str, bytes],
    mapping: Path | str | Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    as_of: date | None = None,
    source: str = "Uploaded files",
) -> Reading:
    """Read files held in memory, and return the dataset with all that was decided; see `read_folder`."""
    contents = inventory.of_files(files)
    return _reading(contents, mapping, settings, as_of, str(contents.facts.get("source") or source))


def _reading(
    contents: inventory.Inventory,
    mapping: Path | str | Mapping[str, Any] | None,
    settings: Settings | None,
    as_of: date | None,
    name: str,
) -> Reading:
    config = settings or load()
    if not dates.is_zone(config.time_zone):
        raise ConfigError(
            message("There is no time zone called {time_zone!r}.", time_zone=config.time_zone),
            "time_zone",
            "Write Europe/Berlin, for example.",
        )
    findings = Findings()
    facts, entities = map_facts.split(mapping)
    contents = replace(contents, facts={**contents.facts, **facts}) if facts else contents
    chosen = (
        plan.by_map(contents, read_map(entities), findings) if entities else plan.by_recognition(contents, findings)
    )
    dataset, stages = assemble(chosen.sources, contents, config, as_of, name, findings)
    return Reading(
        dataset,
        chosen.matches,
        tuple(findings.decisions),
        tuple(findings.questions),
        tuple(stages),
        tuple(findings.notes),
        chosen,
        facts,
        tuple(findings.ends),
    )
