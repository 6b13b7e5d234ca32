"""What is remembered of the slow parts: for which files each has passed, and how long that took.

`tests/slow.state` has a line for each part that passed: name, hash and minutes. A part of which a test was left out,
because something is not installed here or this is not root, has not passed. The hash is that of the files git tracks,
so that what else lies about changes nothing and every clone has the same.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / "tests" / "slow.state"
NOT_COUNTED = ("__pycache__", ".pyc", ".egg-info")


class Record(NamedTuple):
    """How a part was when it last passed, and how long it took."""

    digest: str
    minutes: float


def _tracked(root: Path) -> list[str] | None:
    """Return the names of the files that git tracks; null where this is no checkout, as in a source archive."""
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in done.stdout.decode().split("\0") if (root / name).is_file()]


def _walked(root: Path, path: str) -> list[str]:
    target = root / path
    files = [target] if target.is_file() else [file for file in target.rglob("*") if file.is_file()]
    names = (file.relative_to(root).as_posix() for file in files)
    return [name for name in names if not any(word in name for word in NOT_COUNTED)]


def digest(paths: Iterable[str], root: Path = ROOT) -> str:
    """Return a hash of the names and contents of the files at some paths: those git tracks, elsewhere all.

    Raises
    ------
    FileNotFoundError
        When nothing is at a path: a part that covers nothing would never run again.
    """
    out, tracked = hashlib.blake2b(digest_size=16), _tracked(root)
    for path in sorted(set(paths)):
        if tracked is None:
            names = _walked(root, path)
        else:
            names = [name for name in tracked if name == path or name.startswith(f"{path}/")]
        if not names:
            raise FileNotFoundError(path)
        for name in sorted(names):
            out.update(f"{name}\n".encode())
            out.update(hashlib.blake2b((root / name).read_bytes(), digest_size=16).digest())
    return out.hexdigest()


def passed() -> dict[str, Record]:
    """Return how the parts were when they last passed."""
    if not STATE.exists():
        return {}
    rows = [line.split() for line in STATE.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {part: Record(digest, float(minutes)) for part, digest, minutes in rows}


def write_down(part: str, record: Record) -> None:
    """Note that a part has passed."""
    state = passed() | {part: record}
    lines = (f"{name} {state[name].digest} {state[name].minutes:.1f}\n" for name in sorted(state))
    STATE.write_text("".join(lines), encoding="utf-8")


def missing(report: Path) -> list[str]:
    """Return why tests of a report were left out, each reason once."""
    if not report.exists():
        return []
    return sorted({tag.get("message") or "" for tag in ElementTree.parse(report).iter("skipped")})
