"""How long a measure of the API takes at fifty requests a second, beside the server's own health answer.

Run `python -m benchmarks.api_load` on a trained home. A server is started, a key made and revoked again. Requests begin
at even distances whether or not those before have ended; the time of a request runs from when it was due.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

RATE, SECONDS, WARM_UP = 50, 20, 20
PATHS = ("winrate/win_rate", "pipeline/open_pipeline", "bookings/quarter_to_date", "recurring/mrr")


@contextmanager
def key() -> Iterator[str]:
    """Give a key of the API for as long as it is needed."""
    command = [sys.executable, "-m", "core.cli", "api-key"]
    made = subprocess.run([*command, "make", "benchmark", "--days", "1"], capture_output=True, text=True, check=True)
    token = made.stdout.strip()
    try:
        yield token
    finally:
        subprocess.run([*command, "revoke", token.split("_")[1]], capture_output=True, check=False)


def measured(ask: Callable[[int], None], rate: int = RATE, seconds: int = SECONDS) -> list[float]:
    """Return how long each of some evenly spaced requests took, in milliseconds, from when it was due."""
    took: list[float] = []
    begin = time.perf_counter() + 0.2

    def one(number: int, due: float) -> None:
        ask(number)
        took.append((time.perf_counter() - due) * 1_000)

    threads = []
    for number in range(rate * seconds):
        due = begin + number / rate
        time.sleep(max(due - time.perf_counter(), 0.0))
        threads.append(threading.Thread(target=one, args=(number, due)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return sorted(took)


def told(name: str, took: list[float]) -> str:
    """Return the median, the 95th and the 99th of a hundred, as a row of a table."""
    parts = statistics.quantiles(took, n=100)
    return f"| {name} | {statistics.median(took):.1f} ms | {parts[94]:.1f} ms | {parts[98]:.1f} ms |"


def main() -> None:
    """Start a server, ask it, and print the table."""
    from tests.servers import serving

    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), {}) as address, key() as token:
        client = httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            limits=httpx.Limits(max_connections=100),
        )

        def ask(number: int) -> None:
            answer = client.get(f"/api/v1/measures/{PATHS[number % len(PATHS)]}")
            answer.raise_for_status()

        def health(_: int) -> None:
            client.get("/_stcore/health")

        for number in range(WARM_UP):
            ask(number)
        print("| what | median | p95 | p99 |\n| :-- | --: | --: | --: |")
        print(told("health, as a floor", measured(health)))
        print(told("a measure, worked out before", measured(ask)))


if __name__ == "__main__":
    main()
