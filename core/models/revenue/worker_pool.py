"""Processes that fit the models of each unit alone, side by side, for panels of many units.

Those models hold Python's lock while they fit, so that threads gain nothing (measured: the same time with one thread
and with four). The processes are started from a clean interpreter, never forked, for a fork of a server with
threads may hang; they answer what they are asked and end with their input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np

from core.models.revenue.local_models import ALONE, alone
from core.models.revenue.series import Floats

MANY_UNITS = 100
HANDS = 4
ROOT = Path(__file__).resolve().parents[3]


class Crew:
    """Some processes, each with a share of the units; they start when they are asked for the first time.

    Parameters
    ----------
    hands : int
        How many processes; below two, all work is left to the one who asks. The answers do not depend on it.
    """

    def __init__(self, hands: int) -> None:
        self.n = hands if hands > 1 and sys.executable else 0
        self.hands: list[subprocess.Popen[bytes]] = []

    def ask(self, series: Sequence[Floats], h: int) -> bool:
        """Hand the units out, one to each process in turn, and wait for nobody; false where there is nobody."""
        try:
            while len(self.hands) < self.n:
                self.hands.append(_hand())
            for index, hand in enumerate(self.hands):
                assert hand.stdin is not None
                send(hand.stdin, series[index :: self.n], h)
        except OSError:
            self.close()
        return self.n > 0

    def answers(self, n: int, h: int) -> Floats | None:
        """Return what `series.alone` says of the units asked last, shape (models, units, h); None where one died."""
        out = np.empty((len(ALONE), n, h))
        try:
            for index, hand in enumerate(self.hands):
                assert hand.stdout is not None
                share = out[:, index :: self.n]
                share[...] = np.frombuffer(_exactly(hand.stdout, share.size * 8)).reshape(share.shape)
        except OSError:
            self.close()
            return None
        return out

    def close(self) -> None:
        """End the processes, whatever they are at; nobody is asked after that."""
        for hand in self.hands:
            hand.kill()
            for pipe in (hand.stdin, hand.stdout):
                with suppress(OSError):
                    assert pipe is not None
                    pipe.close()
            hand.wait()
        self.hands, self.n = [], 0


@contextmanager
def of(units: int) -> Iterator[Crew | None]:
    """Give a crew as long as it is worked with; None for few units, where starting it would cost more than it gains."""
    if units < MANY_UNITS:
        yield None
        return
    crew = Crew(min(HANDS, os.cpu_count() or 1))
    try:
        yield crew
    finally:
        crew.close()


def _hand() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "core.models.revenue.worker_pool"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def send(pipe: IO[bytes], series: Sequence[Floats], h: int) -> None:
    """Write a line of JSON with the lengths and the months ahead, then the values."""
    about = {"lengths": [len(y) for y in series], "h": h}
    pipe.write(json.dumps(about).encode() + b"\n")
    pipe.write(b"".join(np.ascontiguousarray(y, dtype=np.float64).tobytes() for y in series))
    pipe.flush()


def serve(asked: IO[bytes], replies: IO[bytes]) -> None:
    """Answer until nothing is asked any more."""
    while line := asked.readline():
        about = json.loads(line)
        values = np.frombuffer(_exactly(asked, 8 * sum(about["lengths"])))
        series = [y.copy() for y in np.split(values, np.cumsum(about["lengths"])[:-1])] if about["lengths"] else []
        replies.write(alone(series, about["h"]).tobytes())
        replies.flush()


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) < size:
        raise OSError("a process that fits models has ended before its answer")
    return content


if __name__ == "__main__":
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(sys.stdin.buffer, out)
