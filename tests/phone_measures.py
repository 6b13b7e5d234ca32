"""What a page is like on a phone, in numbers: what it weighs, when and where it speaks, what can be touched and read.

The figures are those a browser's own audit looks at; they are taken here, so that nothing has to be installed or asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from importlib.resources import files
from typing import Any

from tests.page_measures import OVERFLOW, settle

AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"
WIDTH, HEIGHT = 390, 844
PROFILE: Mapping[str, Any] = {
    "viewport": {"width": WIDTH, "height": HEIGHT},
    "user_agent": AGENT,
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
LINE = {"offline": False, "latency": 60, "downloadThroughput": 1_250_000, "uploadThroughput": 400_000}  # bytes a second
SMALLEST = 40  # pixels of what is touched
# Noted while the page comes up: when its title and its first answer stand, and how far what stands is pushed about.
WATCH = """(() => {
  const seen = window.phoneSeen = {title: null, answer: null, shift: 0};
  const note = () => {
    const main = document.querySelector('[data-testid="stMain"]');
    if (!main) return;
    if (seen.title === null && main.querySelector('h1')) seen.title = performance.now();
    const question = main.querySelector('h3');
    if (seen.answer !== null || !question) return;
    const words = [...main.querySelectorAll('[data-testid="stMarkdownContainer"] p, .qd-card')].find(p =>
      p.textContent.trim() && question.compareDocumentPosition(p) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (words) seen.answer = performance.now();
  };
  new MutationObserver(note).observe(document, {childList: true, subtree: true});
  let last = 0, first = 0, window_ = 0;
  new PerformanceObserver(list => list.getEntries().filter(entry => !entry.hadRecentInput).forEach(entry => {
    if (entry.startTime - last > 1000 || entry.startTime - first > 5000) { first = entry.startTime; window_ = 0; }
    last = entry.startTime;
    window_ += entry.value;
    seen.shift = Math.max(seen.shift, window_);
  })).observe({type: 'layout-shift', buffered: true});
})()"""
# The first sentence below the first question, from the top of the page.
FIRST_ANSWER = """() => {
  const main = document.querySelector('[data-testid="stMain"]'), question = main.querySelector('h3');
  const after = e => !question || question.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING;
  const words = [...main.querySelectorAll('[data-testid="stMarkdownContainer"] p')]
    .find(p => p.checkVisibility() && p.textContent.trim() && !p.closest('button, .st-key-bar') && after(p));
  return words ? Math.round(words.getBoundingClientRect().top + main.scrollTop) : null;
}"""
# What can be touched, and is smaller; a box that a label belongs to is touched with it, a mark beside it too.
SMALL = """smallest => {
  const main = document.querySelector('[data-testid="stMain"]');
  const what = 'button, a[href], summary, select, textarea, input, [role="button"], [role="tab"], [role="switch"]';
  const tall = element => {
    const own = element.getBoundingClientRect().height;
    const reach = getComputedStyle(element, '::after');
    const more = reach.content !== 'none' && reach.position === 'absolute' ? -2 * (parseFloat(reach.top) || 0) : 0;
    return own + Math.max(0, more);
  };
  return [...main.querySelectorAll(what)].filter(element => {
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true}) || box.width < 2 || box.height < 2)
      return false;
    if (element.disabled || element.closest('[aria-hidden="true"], [aria-disabled="true"], canvas')) return false;
    const whole = element.closest('label, [role="group"], [data-baseweb="select"]') ?? element;
    return Math.max(tall(element), tall(whole)) < smallest;
  }).map(element => [element.tagName, (element.getAttribute('aria-label') || element.textContent).trim().slice(0, 40),
    Math.round(element.getBoundingClientRect().height)].join(' '));
}"""
SMALLEST_TEXT = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT), sizes = [];
  while (walk.nextNode()) {
    const box = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !box.checkVisibility() || box.closest('style, script, svg')) continue;
    sizes.push(parseFloat(getComputedStyle(box).fontSize));
  }
  return Math.min(...sizes);
}"""
VIEWPORT = """() => document.querySelector('meta[name="viewport"]')?.content ?? ''"""
NOT_OURS = '[data-testid="stMetric"],[data-testid="stFileUploaderDropzone"],[disabled],[aria-disabled="true"]'
CONTRAST = f"""async () => (await axe.run({{runOnly: ['color-contrast'], resultTypes: ['violations']}})).violations
  .flatMap(v => v.nodes).filter(n => !document.querySelector(n.target.at(-1))?.closest('{NOT_OURS}'))
  .map(n => n.html.slice(0, 140))"""


@dataclass(frozen=True)
class PhonePage:
    """One page on a phone.

    Attributes
    ----------
    name : str
    kilobytes : int
        Over the line, with what every page loads already there: files as they were sent, and what the server told.
    title_ms, answer_ms : int
        From asking for the page until its title, and its first answer, stand.
    answer_top : int
        Pixels from the top of the page down to that answer.
    shift : float
        Cumulative layout shift of the worst five seconds.
    text : float
        Smallest size of text, in pixels.
    overflow : int
        Pixels that run over the side.
    small : tuple of str
        What can be touched and is less than 40 pixels tall.
    faint : tuple of str
        What does not reach the contrast of WCAG AA, in light or dark.
    can_zoom : bool
        The page has the width of the phone, and can be made larger with two fingers.
    """

    name: str
    kilobytes: int
    title_ms: int
    answer_ms: int
    answer_top: int
    shift: float
    text: float
    overflow: int
    small: tuple[str, ...]
    faint: tuple[str, ...]
    can_zoom: bool


class Counter:
    """Counts the bytes that reach a page: files as they were sent over the line, and what the server tells.

    Parameters
    ----------
    page : playwright page
        Its line is made that of a phone on the way.
    """

    def __init__(self, page: Any) -> None:
        self.total = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        session.on("Network.loadingFinished", lambda event: self._add(event["encodedDataLength"]))
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: self._add(len(frame))))

    def _add(self, size: float) -> None:
        self.total += int(size)

    def taken(self) -> int:
        """Return the kilobytes since it was last asked."""
        total, self.total = self.total, 0
        return round(total / 1_000)


def looked_at(page: Any, counter: Counter, address: str, patience: float) -> PhonePage:
    """Open a page and measure it, in light and in dark."""
    counter.taken()
    page.emulate_media(color_scheme="light")
    page.goto(address, wait_until="domcontentloaded")
    settle(page, patience)
    kilobytes, seen = counter.taken(), page.evaluate("window.phoneSeen")
    faint = []
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page, patience)
        faint += [f"{scheme}: {node}" for node in page.evaluate(CONTRAST)]
    viewport = page.evaluate(VIEWPORT).replace(" ", "")
    return PhonePage(
        address.rsplit("/", 1)[-1] or "executive",
        kilobytes,
        round(seen["title"] or 0),
        round(seen["answer"] or 0),
        page.evaluate(FIRST_ANSWER) or 0,
        round(seen["shift"], 3),
        page.evaluate(SMALLEST_TEXT),
        page.evaluate(OVERFLOW),
        tuple(page.evaluate(SMALL, SMALLEST)),
        tuple(faint),
        "width=device-width" in viewport and "user-scalable=no" not in viewport and "maximum-scale" not in viewport,
    )


def table(pages: Sequence[PhonePage]) -> str:
    """Return the pages as a table in Markdown."""
    words = ("page", "kB", "title, ms", "answer, ms", "answer at, px", "shift", "text, px", "over the side", "small")
    lines = [f"| {' | '.join((*words, 'faint'))} |", "| --- " + "| ---: " * len(words) + "|"]
    for page in pages:
        values = [len(value) if isinstance(value, tuple) else value for value in astuple(page)[: len(fields(page)) - 1]]
        lines.append(f"| {' | '.join(f'{v:,}' if isinstance(v, int) else str(v) for v in values)} |")
    return "\n".join(lines) + "\n"
