"""A page is a list of cells: a question, its answer in a sentence, a chart, and how it was worked out."""

from __future__ import annotations

import copy
import hashlib
import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal

import streamlit as st

from core import local_times
from core.charts import page_tables
from core.charts.page_tables import PageTable
from core.contracts import amount_visibility
from core.contracts.errors import AmountsHiddenError, NotMadeYetError, QuarterdeckError, is_panic
from core.formats import Formats
from core.localization import joined, message, reader
from core.metrics import Measure, counted
from core.operations import instruments
from pages.ui.kit import (
    bundles,
    cache,
    calculation,
    cards,
    chart_room,
    chart_words,
    column_layout,
    company_wording,
    deal_lists,
    downloads,
    mark_choices,
    period,
    snapshot,
)
from pages.ui.kit.bar import FOLDED, anchor
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import FULL, HALF, drill, grid
from pages.ui.kit.mark_choices import Choices
from pages.ui.kit.shell import Page

logger = logging.getLogger(__name__)
NARROW = "\u202f"
SHORTEST_TREND = 2
MOST_SPOKEN = 400
DATA_PAGE = "on the Data page"
NOT_YOURS = "There is nothing to show yet; whoever looks after the data here can load what is missing."
NOT_SHOWN = "Nothing can be shown here without amounts of money, which are hidden from you."
NARROWEST = 430  # pixels of a column; where two do not fit, the cells stand one below the other
Span = Literal[1, 2, "all"]
MODELS = "The models speak of the whole company."


class Cell:
    """One question of a page."""

    def __init__(self, page: Page, question: str, side: Any, room: int = FULL) -> None:
        self.page, self.question, self.side, self.failed = page, question, side, False
        self.room, self.remarks, self.is_measured = room, list[str](), False
        self.said, self.n_charts = "", 0

    def remark(self, words: str) -> None:
        """Write a few words of the period below the heading, where there are any."""
        if words:
            self.page.shown.append((self.question, "text", words))
            st.caption(escaped(reader.shown_whole(words)))

    def stays_whole(self, why: str = MODELS) -> None:
        """Say why the cell is the same whatever part of the company is looked at."""
        if self.page.scope.parts:
            self.remark(why)

    def answer(
        self, sentence: str, see: str = "", before: str = "", after: str = "", strong: str = "", called: str = ""
    ) -> None:
        """Write the answer, with a link to the question of the page that tells more, by its short name if it has one.

        The sentence is text of data and shown letter by letter, but for `strong`, the words in it that are written
        bold. `before` and `after` are Markdown said beside it in the same element; names in them are escaped by
        whoever composes them.
        """
        sentence = company_wording.worded(amount_visibility.spoken(sentence, self.page.data.amounts))
        strong, called = company_wording.worded(strong), company_wording.worded(called or see)
        self.page.shown.append((self.question, "text", sentence))
        self.said = joined(self.said, sentence).strip()
        more = f" :small[[{reader.shown(called)}](#{anchor(see)})]" if see else ""
        text = escaped(reader.shown_whole(sentence))
        if strong:
            words = escaped(reader.shown_whole(strong))
            text = text.replace(words, f"**{words}**", 1)
        st.markdown(f"{before}{text}{more}{after}")

    @property
    def spoken(self) -> str:
        """Return what stands for a chart where it cannot be seen: the question, its answer, and where its rows are."""
        return reader.shown(
            message(
                "Chart: {question}. {said} The rows behind it are under Calculation.",
                question=reader.shown_whole(self.question),
                said=reader.shown_whole(self.said)[:MOST_SPOKEN],
            )
        )

    def chart(self, function: Callable[..., Any], *args: Any) -> None:
        """Draw the chart a function of `core.charts` makes of its arguments, over the full width."""
        self.also(function, *args)
        spec = self._spec(function, args)
        with self._room(spec):
            st.vega_lite_chart(spec=spec, width="stretch", theme="streamlit", alt=self.spoken)

    def _room(self, spec: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """Return the place of the cell's next chart."""
        self.n_charts += 1
        return chart_room.keep(spec, f"{self.question}-{self.n_charts}")

    def pick(
        self,
        name: str,
        key: str,
        function: Callable[..., Any],
        *args: Any,
        choices: Choices | None = None,
        words: str = "Details of",
        first: str | None = None,
    ) -> dict[str, Any]:
        """Draw a chart whose marks can be clicked, or chosen from a list below it, and return the chosen one's fields.

        Parameters
        ----------
        name, key : str
            Of the selection in the chart, and of the chart; the list's key is the chart's with "_listed".
        function : callable
            Makes the chart of `args`.
        choices : mapping, optional
            The fields of each mark by the words it is listed under; default as the chart has them.
        words : str
            What the list is called for whoever hears the page.
        first : str, optional
            What is chosen until somebody chooses; without it nothing is.
        """
        self.also(function, *args)
        spec, listed = self._spec(function, args), f"{key}_listed"
        marks = mark_choices.choices(spec, name) if choices is None else choices
        if st.session_state.get(listed) not in marks:
            st.session_state[listed] = first
        with self._room(spec):
            st.vega_lite_chart(
                spec=spec,
                width="stretch",
                theme="streamlit",
                key=key,
                on_select=lambda: _take_over(key, name, listed, marks),
                selection_mode=name,
                alt=self.spoken,
            )
        chosen = st.selectbox(
            message("{words}: {question}", words=words, question=self.question),
            list(marks),
            index=None,
            placeholder="Click in the chart, or choose here",
            key=listed,
            label_visibility="collapsed",
        )
        return dict(marks[chosen]) if chosen else {}

    def _spec(self, function: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Any]:
        data = self.page.data
        is_own = not (data.is_transient or self.page.view.is_cut or self.page.scope.parts)
        return self._localised(copy.deepcopy(cache.drawing(function, args, self.page.settings, keep=is_own)))

    def _localised(self, spec: dict[str, Any], frame: Any = None) -> dict[str, Any]:
        """Return a chart's specification with words, numbers and dates as they are for the reader."""
        spec = chart_words.in_language(company_wording.titled(spec), frame)
        locale = self.page.formats.vega()
        return {**spec, "config": {**spec.get("config", {}), "locale": locale}} if locale else spec

    def also(self, function: Callable[..., Any], *args: Any) -> None:
        """Note a chart for the snapshot of the page without drawing it here."""

        def made() -> dict[str, Any]:
            return self._localised(snapshot.specification(function, args))

        self.page.shown.append((self.question, "chart", made))

    def draw(self, drawing: Any, key: str | None = None) -> None:
        """Draw a finished Vega-Lite specification; only its data are sent anew when they change."""
        spec = self._localised(drawing.spec, drawing.frame)
        with self._room(spec):
            st.vega_lite_chart(drawing.frame, spec, width="stretch", key=key, alt=drawing.alt or self.spoken)

    def table(self, frame: Any, room: int | None = None, **options: Any) -> None:
        """Show a frame as a table; a list of deals says whose each is and with whom.

        `room` is what it has beside something else, default the cell's width.
        """
        own, options = self._in_own_time(self._seen(frame), options)
        listed, shown_as = deal_lists.complete(self.page, own, options)
        self.carry(listed, shown_as)
        if cards.fits(listed) and cards.is_phone():
            config = column_layout.dressed(listed, shown_as.get("column_config") or {})
            order, currency = shown_as.get("column_order"), self.page.settings.currency
            cards.deals(page_tables.shown(listed, config, order, currency), self.page.formats)
            return
        grid(listed, self.room if room is None else room, **shown_as)

    def _seen(self, frame: Any) -> Any:
        """Return a frame without sums of amounts that are hidden, which would be 0."""
        return amount_visibility.without_sums(frame, self.page.data.amounts)

    def _in_own_time(self, frame: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return a table whose moments stand in the company's time."""
        if not options.get("column_config"):
            return frame, options
        own, config = local_times.localised(frame, options["column_config"], self.page.settings.time_zone)
        return own, {**options, "column_config": config}

    def carry(self, frame: Any, options: Mapping[str, Any]) -> None:
        """Let the files of the page and the cell's workbook carry a table that is drawn."""
        currency = self.page.settings.currency

        def made() -> PageTable:
            config = column_layout.dressed(frame, options.get("column_config") or {})
            return page_tables.shown(frame, config, options.get("column_order"), currency)

        self.page.shown.append((self.question, "table", made))

    def workbook(self) -> None:
        """Offer the cell's tables as one Excel file, made when it is asked for."""
        tables = [body for question, kind, body in self.page.shown if (question, kind) == (self.question, "table")]
        if not tables:
            return
        title = self.question

        def written() -> bytes:
            from core.branding import letterhead
            from core.charts import workbook

            head = letterhead.of(self.page.settings)
            return workbook.workbook([(company_wording.worded(title), body()) for body in tables], title, head)

        downloads.button(
            self.side,
            "Excel",
            written,
            f"{anchor(title)}.xlsx",
            type="tertiary",
            key=f"xlsx-{title}",
        )

    def facts(self, frame: Any) -> None:
        """Write a few rows of text as a plain table, numbers to the right; it needs no grid to be loaded."""
        first, *others = (escaped(reader.shown_whole(company_wording.worded(name))) for name in frame.columns)
        seen = self.page.data.amounts
        lines = [f"| {first} | {' | '.join(others)} |", f"| :-- |{' --: |' * len(others)}"]
        for name, *values in frame.iter_rows():
            words = [amount_visibility.spoken(str(value), seen) if seen else value for value in values]
            words = [reader.shown_value(value) if isinstance(value, str) else value for value in words]
            cells = " | ".join(escaped(value).replace(" ", NARROW) for value in words)
            lines.append(f"| {escaped(reader.shown_value(name))} | {cells} |")
        st.markdown("\n".join(lines), width="stretch")

    def rows(self, frame: Any, key: str, opened: Callable[[], None], **options: Any) -> None:
        """Show a frame as a table whose rows can be clicked."""
        frame, options = self._in_own_time(self._seen(frame), options)
        self.carry(frame, options)
        grid(
            frame,
            self.room,
            on_select=opened,
            selection_mode="single-row",
            key=key,
            **options,
        )

    def note(self, remark: str) -> None:
        """Take a sentence on how the answer was worked out, or on its record, into the cell's method."""
        if remark:
            self.remarks.append(remark)

    def empty(self, advice: str) -> None:
        """Say what to do where there is nothing to show; whoever may not load data is not told to."""
        if self.page.data.amounts == amount_visibility.HIDDEN and "oad " in advice:
            advice = NOT_SHOWN
        elif DATA_PAGE in advice and not self.page.may("data:write"):
            advice = NOT_YOURS
        st.markdown(f":gray[{escaped(reader.shown_whole(company_wording.worded(advice)))}]")

    def noted(self, function: Callable[..., Any], given: str) -> str:
        """Note the call behind the cell for the notebook, in place of an earlier one, and return it."""
        if self.is_measured and (day := period.last_day(self.page.scope, self.page.data.as_of, self.page.settings)):
            given = given.replace("data,", f"forecasts.week_ago.dataset_on(data, settings, {day!r}),", 1)
        call = f"{function.__module__.removeprefix('core.')}.{function.__name__}({given})"
        self.page.calls[:] = [entry for entry in self.page.calls if entry[0] != self.question]
        self.page.calls.append((self.question, call))
        return call

    def method(self, function: Callable[..., Any], frame: Any, *more: Any, given: str = "") -> None:
        """Open the number, at the right of the heading: what it means, how it is worked out, source, records, call.

        `more` are the call's arguments after data, settings and models; `given` writes all arguments out
        where it takes others. The inside is drawn only while it is open.
        """
        call = self.noted(
            function, given or ", ".join(["data", "settings", *bundles.needs(function), *map(repr, more)])
        )
        key = f"method-{self.question}"
        with self.side:
            popover = st.popover("Calculation", type="tertiary", on_change="rerun", key=key)
        if popover.open:
            with popover:
                calculation.show(self.page, self.question, function, frame, call, self.remarks)


def _take_over(key: str, name: str, listed: str, marks: Choices) -> None:
    """Choose in the list below a chart what was clicked in it."""
    picked = dict(next(iter(st.session_state[key].selection.get(name, [])), {}))
    st.session_state[listed] = next((words for words, fields in marks.items() if dict(fields) == picked), None)


@contextmanager
def grid_cell(page: Page, span: Span = 1) -> Iterator[None]:
    """Open the next place of the page's two columns, for one cell: half a row, or a whole one.

    A cell in a fragment is put into it from outside, for a fragment may not draw into what was opened before it.
    """
    if page.grid is None:
        page.grid = st.grid(2, min_column_width=NARROWEST, gap="xsmall", border=True)
    with page.grid.cell(column_span=span), st.container(gap="xsmall"):
        yield


def place_later(page: Page, question: str, short: str) -> Any:
    """Take the next place of the page's two columns for a cell that is drawn last, for it may take its time.

    Parameters
    ----------
    page : Page
    question, short : str
        Its place in the contents is taken too.

    Returns
    -------
    container
        To be opened with `with`; the cell in it has the span None.
    """
    if page.bar is not None:
        page.bar.enter(question, short)
    with grid_cell(page):
        return st.container(gap="xsmall")


@contextmanager
def folded(page: Page, title: str) -> Iterator[None]:
    """Fold the cells drawn inside away under one line; a link to one of them, as in the contents, opens it.

    Parameters
    ----------
    page : Page
    title : str
        What the cells are about.
    """
    outer, page.grid = page.grid, None
    with st.expander(title, key=f"fold_{anchor(title)}"):
        yield
    page.grid = outer


@contextmanager
def analysts(page: Page) -> Iterator[None]:
    """Fold the cells drawn inside away under one line: drivers, reliability, races of models."""
    outer, page.grid, page.is_folded = page.grid, None, True
    with st.expander(FOLDED, key="analysts", icon=":material/biotech:"):
        yield
    page.grid, page.is_folded = outer, False


@contextmanager
def cell(
    page: Page, question: str, short: str | None = "", span: Span | None = 1, room: int = 0, by: str = ""
) -> Iterator[Cell]:
    """Open a cell; an error inside becomes a sentence in it, and the other cells of the page stand.

    Parameters
    ----------
    page : Page
    question : str
    short : str, optional
        A word or two for the contents; default the question. None for a cell that may be out of sight, as in a tab.
    span : {1, 2, "all"}, optional
        Columns it takes; None inside a place that was opened around it, as a fragment needs.
    room : int
        Pixels a table in it has; default by `span`.
    by : str
        How it obeys the scope's period, or why it cannot, as `period.remark` takes it.
    """
    with nullcontext() if span is None else grid_cell(page, span):
        with st.container(horizontal=True, wrap=False, vertical_alignment="top", gap="xsmall"):
            st.subheader(question, anchor=anchor(question), width="stretch")
            side = st.container(horizontal=True, wrap=False, vertical_alignment="center", width="content", gap="xsmall")
        if page.bar is not None and short is not None and not page.is_folded:
            page.bar.enter(question, company_wording.worded(short or question))
        page.shown[:] = [part for part in page.shown if part[0] != question]
        here = Cell(page, question, side, room or (HALF if span == 1 else FULL))
        here.is_measured = by == period.END
        begin = time.perf_counter()
        try:
            if short is not None:
                here.remark(period.remark(page.scope, page.data.as_of, page.settings, page.title, by))
            yield here
            here.workbook()
        except NotMadeYetError as error:
            here.failed = True
            _tell(page, question, str(error), ":material/hourglass_top:")
        except AmountsHiddenError as error:
            here.failed = True
            _tell(page, question, str(error), ":material/visibility_off:")
        except QuarterdeckError as error:
            here.failed = True
            instruments.error_met(error, page.title)
            _tell(page, question, str(error))
        except BaseException as error:
            if not (isinstance(error, Exception) or is_panic(error)):
                raise
            here.failed = True
            instruments.error_met(error, page.title)
            _tell(page, question, unexpected(question, error))
        else:
            instruments.cell_drawn(page.title, question, time.perf_counter() - begin)


def unexpected(question: str, error: BaseException) -> str:
    """Log an error nobody foresaw with a reference, and return the sentence that names it.

    The same error from the same line has the same reference, so that it is found in the log however often it is met.
    """
    frames = traceback.extract_tb(error.__traceback__)
    spot = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    reference = hashlib.blake2b(f"{type(error).__name__}:{spot}".encode(), digest_size=4).hexdigest()
    logger.error("%s: %s [reference %s]", question, error, reference, exc_info=error)
    return message(
        "This could not be worked out. Your admin finds the reason in the log under reference "
        "{reference}; the rest of the page is not affected.",
        reference=reference,
    )


def _tell(page: Page, question: str, problem: str, icon: str = "") -> None:
    """Write a problem out where it is met first, and refer to it where it is met again."""
    problem = company_wording.worded(problem)
    first = page.problems.setdefault(problem, question)
    if first == question:
        (st.info if icon else st.warning)(escaped(problem), icon=icon or ":material/warning:")
    else:
        st.caption(
            message(
                "Not available, for the reason given under [{first}](#{anchor}).",
                first=escaped(first),
                anchor=anchor(first),
            )
        )


def tile(
    page: Page,
    measure: Measure,
    trend: Measure,
    change: str = "",
    beside: str = "",
) -> None:
    """Show one measure as a tile, with its change on a year ago and the path of a trend as a sparkline.

    Parameters
    ----------
    page : Page
    measure, trend : Measure
    change : str
        On a year ago, with its sign.
    beside : str
        What it is to be held against, in a few letters: "40% of quota".
    """
    path = trend.frame["amount"].to_list() if "amount" in trend.frame.columns else []
    if path and "month" in trend.frame.columns and trend.frame["month"].max() == page.measured.as_of.replace(day=1):
        path.pop()  # A month of a few days would look like a fall.
    is_hidden = measure.unit == "money" and page.data.amounts == amount_visibility.HIDDEN
    value = "Hidden" if is_hidden else shown(measure, page.settings.currency, page.formats)
    path = [] if is_hidden else path
    snapshot.note("tile", (measure.name, value, change))
    st.metric(
        reader.shown(measure.name),
        reader.shown(value),
        reader.shown_whole(change.removesuffix(" vs last year")) or None,
        help=escaped(measure.sentence()),
        chart_data=path if len(path) > SHORTEST_TREND else None,
        chart_type="line",
        delta_description=beside or None,
    )


def tile_rows(page: Page, tiled: Cell, measures: Sequence[tuple[Measure, Callable[..., Any] | None]]) -> None:
    """Open the rows behind one of several tiles, at the right of the question.

    Those of a function, or else the measure's own, are worked out only when asked for.
    """
    behind = {measure.name: (measure, rows) for measure, rows in measures if not measure.frame.is_empty()}
    if not behind:
        return
    with tiled.side:
        popover = st.popover("Records", type="tertiary", on_change="rerun", key="rows-tiles")
    if not popover.open:
        return
    with popover:
        name = st.selectbox("Records behind", list(behind), key="rows_behind")
        measure, rows = behind[name]
        frame = cache.result(rows, page.measured, page.settings) if rows else measure.frame
        st.caption(escaped(counted(frame.height, "record")))
        drill(page, frame, height=300, width=640)


def shown(measure: Measure, currency: str, formats: Formats) -> str:
    """Write a measure's value as it stands on a tile, in the reader's locale."""
    if measure.value is None:
        return "–"
    if measure.unit == "money":
        return formats.money(measure.value, currency)
    return formats.percent(measure.value) if measure.unit == "rate" else formats.number(measure.value)
