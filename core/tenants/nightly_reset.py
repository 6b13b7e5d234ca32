"""A demo tenant as on its first day, every night: what visitors made is taken away while its processes are stopped."""

from __future__ import annotations

import shutil
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from core.artifacts import ACCOUNTS, ALARMS, LANDMARKS, MARTS, MODELS, RECORDS, REPLAY_DAYS, REPLAYS, SAMPLE, SNAPSHOTS
from core.tenants.tenant_registry import TEMPORARY, Tenant

NIGHT = time(3)
ARTIFACTS = "artifacts"
LEARNT = (SAMPLE, SNAPSHOTS, MARTS, MODELS, ALARMS, ACCOUNTS, LANDMARKS, REPLAYS, RECORDS, REPLAY_DAYS)
OWN_DATA = ("sources", "connectors")


def is_due(now: datetime, since: datetime, time_zone: str) -> bool:
    """Say whether the hour of the reset has come since a moment.

    Parameters
    ----------
    now, since : datetime
        With a time zone.
    time_zone : str
        The tenant's, by whose clock it is three at night.

    Examples
    --------
    >>> from datetime import UTC
    >>> evening, morning = datetime(2026, 5, 4, 20, tzinfo=UTC), datetime(2026, 5, 5, 1, 30, tzinfo=UTC)
    >>> is_due(morning, evening, "Europe/Vienna"), is_due(morning, evening, "UTC")
    (True, False)
    """
    zone = ZoneInfo(time_zone)
    hour = datetime.combine(now.astimezone(zone).date(), NIGHT, zone)
    return since < hour <= now


def reset(tenant: Tenant) -> None:
    """Empty a demo's home folder; what was made of the sample company alone stays, so that it is ready at once.

    Raises
    ------
    OSError
        When something cannot be deleted.
    """
    home = tenant.home
    had_own_data = any((home / name).exists() for name in OWN_DATA)
    stays = {SAMPLE.name} if had_own_data else {kind.name for kind in LEARNT}
    for path in home.iterdir() if home.is_dir() else ():
        if path.name != ARTIFACTS:
            _remove(path)
    for path in (home / ARTIFACTS).iterdir() if (home / ARTIFACTS).is_dir() else ():
        if path.name not in stays:
            _remove(path)
    for path in (tenant.folder / TEMPORARY).iterdir():
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
