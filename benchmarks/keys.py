"""What a slider's move costs in the browser: from the key press to the repainted chart.

Run: .venv/bin/python benchmarks/keys.py [presses]

Starts the app and Chromium, opens the scenarios page, presses an arrow key on the win rate's slider and waits
until the chart by month has been drawn with other numbers and the browser has painted it. The page's own clock
is used, so the time of telling this program is not counted. Prints the median and the 95th percentile, and the
processor time of the server and of the machine meanwhile.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import sys
import time

from moves import processor_seconds, serve
from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
REST = 0.6
WATCH = """
() => {
  const chart = () => document.querySelector('[data-testid=stVegaLiteChart]');
  let touched = 0;
  const watcher = new MutationObserver(() => { touched = performance.now(); });
  window.press = async () => {
    const before = chart().innerHTML;
    watcher.disconnect();
    watcher.observe(chart(), {subtree: true, childList: true, attributes: true});
    const once = {once: true, capture: true};
    const begin = await new Promise(done => addEventListener('keydown', () => done(performance.now()), once));
    return await new Promise((done, fail) => {
      const look = now => {
        if (touched > begin && chart().innerHTML !== before) done(now - begin);
        else if (now - begin > 15000) fail('The chart did not change.');
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  };
}
"""


def once(page: Page, key: str) -> float:
    """Press a key on the slider and return the milliseconds until the chart stood repainted."""
    page.get_by_role("slider", name="Win rate").first.focus()
    page.evaluate("() => { window.taken = window.press() }")
    page.keyboard.press(key)
    return float(page.evaluate("() => window.taken"))


def busy() -> float:
    """Return the processor seconds the machine has been busy since it started."""
    with open("/proc/stat", encoding="utf-8") as file:
        words = [int(word) for word in file.readline().split()[1:9]]
    return (sum(words) - words[3] - words[4]) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the times."""
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    server, url = serve()
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(f"{url}/scenarios")
            page.get_by_text("How accurate is this?").wait_for(timeout=120_000)
            page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first.wait_for()
            time.sleep(5)
            page.evaluate(WATCH)
            for _ in range(3):
                once(page, "ArrowRight")
                time.sleep(REST)
            times, used, whole, begin = [], processor_seconds(server.pid), busy(), time.perf_counter()
            for n in range(presses):
                times.append(once(page, "ArrowRight" if n % 20 < 10 else "ArrowLeft"))
                time.sleep(REST)
            used = processor_seconds(server.pid) - used
            share = (busy() - whole) / (time.perf_counter() - begin) / (os.cpu_count() or 1)
            browser.close()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    ordered = sorted(times)
    late = ordered[int(0.95 * (presses - 1))]
    print(
        f"{presses} key presses: median {statistics.median(times):.0f} ms, p95 {late:.0f} ms, quickest "
        f"{ordered[0]:.0f} ms; server {used / presses * 1000:.0f} ms of processor time each; "
        f"the machine was {share * 100:.0f} % busy"
    )


if __name__ == "__main__":
    main()
