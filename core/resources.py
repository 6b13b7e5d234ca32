"""Where the files that come with Quarterdeck lie: beside `core` in a checkout, inside it in an installed wheel.

A wheel must not put `pages` or `app` at the top of the site-packages, where other projects have theirs; there the
app, its pages, pictures and sample data lie in `core/_app`, laid out as in the checkout.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from core.contracts.errors import ConfigError, closest

PACKAGE = "core"
SOFTWARE, INDUSTRIES = "software", "industries"
INSIDE = "_app"


@cache
def app_folder() -> Path:
    """Return the folder that holds `server.py`, `app.py`, `pages`, `assets` and `sample_data`.

    Raises
    ------
    ConfigError
        When there is none, as where only the package was copied.
    """
    package = files(PACKAGE)
    with as_file(package) as core:
        candidates = (core / INSIDE, core.parent)
    for folder in candidates:
        if (folder / "server.py").is_file() and (folder / "pages").is_dir():
            return folder
    raise ConfigError(
        "The pages that come with Quarterdeck are missing.", str(candidates[0]), "Install Quarterdeck again."
    )


def sample_file(*names: str) -> Path:
    """Return a file or folder of the sample data; it may be missing.

    Examples
    --------
    >>> sample_file("scenarios").name
    'scenarios'
    """
    return app_folder().joinpath("sample_data", *names)


def industry_file(industry: str, *names: str) -> Path:
    """Return a file of the sample data as an industry has it; that of software where the industry has none.

    Parameters
    ----------
    industry : str
        One of `industries`.
    *names : str

    Raises
    ------
    ConfigError
        When there is no such industry.

    Examples
    --------
    >>> industry_file("medical", "capabilities.csv").parent.name
    'medical'
    """
    if industry not in industries():
        near = closest(industry, industries())
        raise ConfigError(
            f"There is no sample company of the industry {industry!r}.",
            "demo.industry in the settings",
            f"Did you mean {near!r}?" if near else f"There are: {', '.join(industries())}.",
        )
    own = sample_file(INDUSTRIES, industry, *names)
    return own if own.exists() else sample_file(*names)


def industries() -> tuple[str, ...]:
    """Return the industries a sample company can be of.

    Examples
    --------
    >>> industries()
    ('software', 'logistics', 'medical')
    """
    folder = sample_file(INDUSTRIES)
    others = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return (SOFTWARE, *others)


def asset(name: str) -> Path:
    """Return a picture of the app's own.

    Examples
    --------
    >>> asset("mark.svg").suffix
    '.svg'
    """
    return app_folder() / "assets" / name


def beside_settings(name: str) -> Path:
    """Return a file that lies beside the default settings, such as the playbooks.

    Examples
    --------
    >>> beside_settings("playbooks.yaml").is_file()
    True
    """
    with as_file(files(PACKAGE) / "config" / name) as path:
        return path


def is_writable(folder: Path) -> bool:
    """Say whether a folder is there, or can be made, and a file can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True
