"""A page is a list of cells: a question, its answer in a sentence, a chart, and how it was worked out."""

from __future__ import annotations

import copy
import hashlib
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError, is_panic
from core.formats import Formats
from core.metrics import Measure, counted
from pages.ui.kit import bundles, cache, calculation, snapshot
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import grid
from pages.ui.kit.shell import Page

logger = logging.getLogger(__name__)
NARROW = "\u202f"
SHORTEST_TREND = 2


class Cell:
    """One question of a page."""

    def __init__(self, page: Page, question: str) -> None:
        self.page, self.question, self.failed = page, question, False

    def answer(self, sentence: str, see: str = "", before: str = "", after: str = "", strong: str = "") -> None:
        """Write the answer, with a link to the question of the page that tells more.

        The sentence is text of data and shown letter by letter, but for `strong`, the words in it that are written
        bold. `before` and `after` are Markdown said beside it in the same element; names in them are escaped by
        whoever composes them.
        """
        self.page.shown.append((self.question, "text", sentence))
        more = f" :small[[{see}](#{anchor(see)})]" if see else ""
        text = escaped(sentence)
        if strong:
            text = text.replace(escaped(strong), f"**{escaped(strong)}**", 1)
        st.markdown(f"{before}{text}{more}{after}")

    def chart(self, function: Callable[..., Any], *args: Any) -> None:
        """Draw the chart a function of `core.charts` makes of its arguments, over the full width."""
        self.also(function, *args)
        st.vega_lite_chart(spec=self._spec(function, args), width="stretch", theme="streamlit")

    def pick(
        self, name: str, key: str, function: Callable[..., Any], *args: Any, on_select: Any = "rerun"
    ) -> dict[str, Any]:
        """Draw a chart whose marks can be clicked, and return the fields of the one that was."""
        self.also(function, *args)
        spec = self._spec(function, args)
        seen = st.vega_lite_chart(
            spec=spec, width="stretch", theme="streamlit", key=key, on_select=on_select, selection_mode=name
        )
        return dict(next(iter(seen.selection.get(name, [])), {}))

    def _spec(self, function: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Any]:
        data = self.page.data
        is_own = not (data.is_transient or self.page.view.is_cut)
        return self._localised(copy.deepcopy(cache.drawing(function, args, self.page.settings, keep=is_own)))

    def _localised(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Return a chart's specification with numbers and dates as the reader's locale writes them."""
        locale = self.page.formats.vega()
        return {**spec, "config": {**spec.get("config", {}), "locale": locale}} if locale else spec

    def also(self, function: Callable[..., Any], *args: Any) -> None:
        """Note a chart for the snapshot of the page without drawing it here."""

        def made() -> dict[str, Any]:
            return self._localised(snapshot.specification(function, args))

        self.page.shown.append((self.question, "chart", made))

    def draw(self, drawing: Any, key: str | None = None) -> None:
        """Draw a finished Vega-Lite specification; only its data are sent anew when they change."""
        spec = self._localised(drawing.spec)
        st.vega_lite_chart(drawing.frame, spec, width="stretch", key=key, alt=drawing.alt or None)

    def table(self, frame: Any, **options: Any) -> None:
        """Show a frame as a table."""
        grid(frame, **options)

    def facts(self, frame: Any) -> None:
        """Write a few rows of text as a plain table, numbers to the right; it needs no grid to be loaded."""
        first, *others = (escaped(name) for name in frame.columns)
        lines = [f"| {first} | {' | '.join(others)} |", f"| :-- |{' --: |' * len(others)}"]
        for name, *values in frame.iter_rows():
            cells = " | ".join(escaped(value).replace(" ", NARROW) for value in values)
            lines.append(f"| {escaped(name)} | {cells} |")
        st.markdown("\n".join(lines), width="stretch")

    def rows(self, frame: Any, key: str, opened: Callable[[], None], **options: Any) -> None:
        """Show a frame as a table whose rows can be clicked."""
        grid(
            frame,
            on_select=opened,
            selection_mode="single-row",
            key=key,
            **options,
        )

    def empty(self, advice: str) -> None:
        """Say what to do where there is nothing to show."""
        st.info(escaped(advice), icon=":material/lightbulb:")

    def noted(self, function: Callable[..., Any], given: str) -> str:
        """Note the call behind the cell for the notebook, in place of an earlier one, and return it."""
        call = f"{function.__module__.removeprefix('core.')}.{function.__name__}({given})"
        self.page.calls[:] = [entry for entry in self.page.calls if entry[0] != self.question]
        self.page.calls.append((self.question, call))
        return call

    def method(self, function: Callable[..., Any], frame: Any, *more: Any, given: str = "") -> None:
        """Open the number: what it means, how it is worked out, source, records, call, download.

        `more` are the call's arguments after data, settings and models; `given` writes all arguments out
        where it takes others. The inside is drawn only while it is open.
        """
        call = self.noted(
            function, given or ", ".join(["data", "settings", *bundles.needs(function), *map(repr, more)])
        )
        key = f"method-{self.question}"
        popover = st.popover("Calculation", icon=":material/function:", on_change="rerun", key=key)
        if popover.open:
            with popover:
                calculation.show(self.page, self.question, function, frame, call)


def anchor(question: str) -> str:
    """Return the name a question can be linked by."""
    return re.sub(r"[^a-z0-9]+", "-", question.lower()).strip("-")


@contextmanager
def cell(page: Page, question: str) -> Iterator[Cell]:
    """Open a cell; an error inside becomes a sentence in it, and the other cells of the page stand."""
    with st.container(border=True):
        st.subheader(question, anchor=anchor(question))
        page.shown[:] = [part for part in page.shown if part[0] != question]
        here = Cell(page, question)
        try:
            yield here
        except QuarterdeckError as error:
            here.failed = True
            _tell(page, question, str(error))
        except BaseException as error:
            if not (isinstance(error, Exception) or is_panic(error)):
                raise
            here.failed = True
            _tell(page, question, unexpected(question, error))


def unexpected(question: str, error: BaseException) -> str:
    """Log an error nobody foresaw with a reference, and return the sentence that names it.

    The same error from the same line has the same reference, so that it is found in the log however often it is met.
    """
    frames = traceback.extract_tb(error.__traceback__)
    spot = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    reference = hashlib.blake2b(f"{type(error).__name__}:{spot}".encode(), digest_size=4).hexdigest()
    logger.error("%s: %s [reference %s]", question, error, reference, exc_info=error)
    return (
        f"This could not be worked out. Your admin finds the reason in the log under reference {reference}; the "
        f"rest of the page is not affected."
    )


def _tell(page: Page, question: str, problem: str) -> None:
    """Write a problem out where it is met first, and refer to it where it is met again."""
    first = page.problems.setdefault(problem, question)
    if first == question:
        st.warning(escaped(problem), icon=":material/warning:")
    else:
        st.caption(f"Not available, for the reason given under [{escaped(first)}](#{anchor(first)}).")


def tile(
    page: Page,
    measure: Measure,
    trend: Measure,
    change: str = "",
    rows: Callable[..., Any] | None = None,
) -> None:
    """Show one measure as a tile, with its change on a year ago and the path of a trend as a sparkline.

    The rows behind it, those of `rows` or else the measure's own, are worked out only when asked for.
    """
    path = trend.frame["amount"].to_list() if "amount" in trend.frame.columns else []
    if path and "month" in trend.frame.columns and trend.frame["month"].max() == page.data.as_of.replace(day=1):
        path.pop()  # A month of a few days would look like a fall.
    value = shown(measure, page.settings.currency, page.formats)
    snapshot.note("tile", (measure.name, value, change))
    st.metric(
        measure.name,
        value,
        change or None,
        border=True,
        help=escaped(measure.sentence()),
        chart_data=path if len(path) > SHORTEST_TREND else None,
        chart_type="line",
    )
    if measure.frame.is_empty():
        return
    key = f"rows-{measure.name}"
    behind = st.popover("Records", icon=":material/table_rows:", type="tertiary", on_change="rerun", key=key)
    if behind.open:
        frame = cache.result(rows, page.data, page.settings) if rows else measure.frame
        behind.caption(escaped(counted(frame.height, "record")))
        with behind:
            calculation.records(page, frame, height=300, width=640)


def shown(measure: Measure, currency: str, formats: Formats) -> str:
    """Write a measure's value as it stands on a tile, in the reader's locale."""
    if measure.value is None:
        return "–"
    if measure.unit == "money":
        return formats.money(measure.value, currency)
    return formats.percent(measure.value) if measure.unit == "rate" else formats.number(measure.value)
