"""Calls courses and their modules what their SCORM packages call them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from core.localization import message
from core.sources.entities import has
from core.sources.findings import Findings

COURSE_KEYS, MODULE_KEYS = ("course_id", "course_path", "course_name"), ("module_id", "module_name")
NAMED = {"course_name": pl.String, "module_name": pl.String, "n_modules": pl.Int64}
MOST_PARTS = 8
Named = tuple[str | None, str | None, int | None]


@dataclass
class _Courses:
    """Courses by what records call them, and the modules of each by what those are called."""

    by_key: dict[str, set[str]] = field(default_factory=dict)
    modules: dict[str, dict[str, str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, table: pl.DataFrame) -> _Courses:
        """Take in the modules of packages, in the columns of `course_modules`."""
        out = cls()
        columns = ("course_id", "course_name", "course_key", "module_id", "module_name", "module_path")
        for course_id, name, key, module_id, title, path in table.select(
            has(table, c).alias(c) for c in columns
        ).rows():
            course = name or course_id or key
            if course is None:
                continue
            for alias in {course, course_id, key} - {None}:
                out.by_key.setdefault(_plain(alias), set()).add(course)
            own = out.modules.setdefault(course, {})
            called = title or module_id or path
            own |= {_plain(alias): called for alias in (module_id, path, title) if alias}
            out.sizes[course] = out.sizes.get(course, 0) + 1
        return out

    def named(self, of_course: Iterable[str | None], of_module: Iterable[str | None]) -> Named | None:
        """Return the course, the module and the number of modules of a record; None where no package speaks of it."""
        courses, modules = [_spellings(t) for t in of_course if t], [_spellings(t) for t in of_module if t]
        candidates = {name for texts in courses for text in texts for name in self.by_key.get(text, ())}
        within = candidates or set(self.modules)
        matches = {
            (course, self.modules[course][text])
            for course in within
            for texts in (*modules, *courses)
            for text in texts
            # What names the whole course names none of its modules, as where a course of one module bears its title.
            if text in self.modules[course] and text not in self.by_key
        }
        if len(matches) == 1:
            course, module = matches.pop()
            return course, module, self.sizes[course]
        return (candidates.pop(), None, None) if len(candidates) == 1 and not (modules and matches) else None


def _plain(text: str) -> str:
    return text.strip().rstrip("/#").casefold()


def _spellings(text: str) -> tuple[str, ...]:
    """Return what a text may name: itself, and what an address ends with."""
    plain = _plain(text)
    parts = plain.partition("?")[0].split("/")
    return (plain, *("/".join(parts[-n:]) for n in range(1, min(len(parts), MOST_PARTS))))


def named(frame: pl.DataFrame, modules: pl.DataFrame | None, findings: Findings) -> pl.DataFrame:
    """Return records of courses under the titles of their packages.

    A record speaks of a course where its id, address or name is the identifier or the title of a package's manifest or
    organization, and of a module where one of these or its module's id is an item's identifier, title or launch file,
    within its course where that is known, else in the only package that has it.

    Parameters
    ----------
    frame : pl.DataFrame
        Records as they were read.
    modules : pl.DataFrame, optional
        The columns of `course_modules`, a row for each module; None where no package is loaded.
    findings : Findings

    Returns
    -------
    pl.DataFrame
        With course_name, module_name and n_modules; a record of a whole course, and of one no package speaks of, has no
        n_modules, and keeps what its file calls it.
    """
    if modules is None or modules.is_empty():
        return frame
    courses = _Courses.of(modules)
    keys = (*COURSE_KEYS, *MODULE_KEYS)
    full = frame.with_columns(has(frame, name).cast(pl.String).alias(name) for name in keys)
    n = len(COURSE_KEYS)
    ways = {row: courses.named(row[:n], row[n:]) for row in set(full.select(keys).rows())}
    listed = [ways[row] for row in full.select(keys).rows()]
    schema = {f"_{name}": kind for name, kind in NAMED.items()}
    titles = pl.DataFrame([row or (None, None, None) for row in listed], schema=schema, orient="row")
    n_named = sum(row is not None for row in listed)
    findings.note(
        message(
            "{n_named:,} of {n:,} records of courses bear the titles of their SCORM packages.",
            n_named=n_named,
            n=len(listed),
        )
    )
    is_whole = pl.col("_course_name").is_not_null() & pl.col("_module_name").is_null()
    return (
        full.hstack(titles)
        .with_columns(
            course_name=pl.coalesce("_course_name", "course_name"),
            module_name=pl.when(~is_whole).then(pl.coalesce("_module_name", "module_name")),
            n_modules="_n_modules",
        )
        .drop(schema)
    )
