"""Files of the home folder that every server needs: kept sources, connected systems and what those have brought.

They lie in the shared place, sealed where the installation has a key, and in the home folder of each server that uses
them. What a server wrote is brought by the others when they ask for it; what somebody changed by hand is taken over
where nobody else changed it meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from filelock import FileLock

from core.artifacts.opened import open_cache
from core.contracts.errors import SourceError, StoreError
from core.replicas import leasing
from core.replicas.places import IN_MEMORY, Place, file_digest, unpack
from core.sealing.sealed_files import is_sealed, seal, unseal
from core.sealing.sealing_keys import keys_in_force
from core.store.leases import Leases

KIND, NOTES = "home", "shared-files.json"
SOURCES, CONNECTORS, SECRETS = "sources", "connectors", "connectors/secrets.yaml"
logger = logging.getLogger(__name__)


def of(home: Path) -> HomeFiles | None:
    """Return the shared files of a home folder; None where servers share nothing."""
    return getattr(open_cache(home).tier, "home_files", None)


def use(files: HomeFiles | None, home: Path) -> None:
    """Share the files of a home folder, whose artefacts are shared, from now on; with None no more."""
    vars(open_cache(home).tier)["home_files"] = files


@dataclass
class HomeFiles:
    """Files and folders of a home folder, named by their path in it.

    Attributes
    ----------
    home : Path
    place : Place
    leases : Leases
    environ : mapping
        Names the installation's keys, as `sealing_keys.keys_in_force` takes them.
    """

    home: Path
    place: Place
    leases: Leases
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def shared(self, prefix: str) -> dict[str, Mapping[str, Any]]:
        """Return what the place has below a folder: name to what was noted of it; empty while it is away."""
        return self.asked(prefix) or {}

    def asked(self, prefix: str) -> dict[str, Mapping[str, Any]] | None:
        """Return what the place has below a folder, as `shared`; None while it is away."""
        try:
            entries = [entry.about for entry in self.place.entries(KIND)]
        except (StoreError, OSError) as error:
            logger.warning("%s cannot be reached, so this server goes on by itself: %s", self.place.address, error)
            return None
        named = {str(about["name"]): about for about in entries if str(about.get("name", "")).startswith(f"{prefix}/")}
        return {name: about for name, about in named.items() if ".." not in Path(name).parts}

    def push(self, name: str, **facts: Any) -> None:
        """Bring a file or a folder of this server to the place; secrets only where there is a key to seal them with.

        Raises
        ------
        StoreError
            When the place cannot be reached.
        """
        keys = keys_in_force(self.environ)
        if name == SECRETS and not keys:
            logger.warning("Secrets are not shared with other servers: there is no QUARTERDECK_KEY to seal them with.")
            return
        with _packed(self.home / name) as (content, digest), tempfile.SpooledTemporaryFile(IN_MEMORY) as target:
            sealed = cast("BinaryIO", target)
            if keys:
                seal(content, sealed, keys[0])
            else:
                shutil.copyfileobj(content, sealed)
            sealed.seek(0)
            self.place.write(KIND, _key(name), sealed, digest, {"name": name, "digest": digest, **facts})
        self._note(name, digest)

    def bring(self, name: str) -> bool:
        """Copy a file or a folder from the place where it is another than this server's; say whether it is there.

        Raises
        ------
        StoreError
            When the place cannot be reached and this server has none.
        """
        target = self.home / name
        try:
            digest = self.place.digest(KIND, _key(name))
        except (StoreError, OSError):
            if target.exists():
                return True
            raise
        if digest is None or (target.exists() and self._noted().get(name) == digest):
            return target.exists()
        self._fetch(name, digest)
        return True

    def meet(self, name: str, digest: str) -> None:
        """Make a small file the same here and in the place: the one that was changed since they were.

        Parameters
        ----------
        name : str
        digest : str
            Of what the place has.
        """
        target, noted = self.home / name, self._noted().get(name)
        own = ""
        if target.is_file():
            with _packed(target) as (_, own):
                pass
        if own == digest:
            if noted != digest:
                self._note(name, digest)
        elif noted == digest and own:
            self.push(name)
        else:
            self._fetch(name, digest)

    def publish(self, prefix: str, names: Iterable[str]) -> None:
        """Bring to the place what only this server has, as from before anything was shared."""
        there = self.asked(prefix)
        missing = [name for name in names if name not in there] if there is not None else []
        for name in missing:
            self.push(name)

    def drop(self, name: str) -> None:
        """Delete a file or a folder from the place; what servers have of it goes with their own tidying."""
        self.place.delete(KIND, _key(name))

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Hold something against all servers inside the block; wait until it is free."""
        with leasing.held(self.leases, f"{KIND}/{what}"):
            yield

    def _fetch(self, name: str, digest: str) -> None:
        target = self.home / name
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as read, tempfile.SpooledTemporaryFile(IN_MEMORY) as plain:
            sealed, content = cast("BinaryIO", read), cast("BinaryIO", plain)
            if self.place.read(KIND, _key(name), sealed) is None:
                return
            sealed.seek(0)
            if is_sealed(sealed):
                unseal(sealed, content, keys_in_force(self.environ))
            else:
                shutil.copyfileobj(sealed, content)
            _put(content, target)
        self._note(name, digest)

    def _noted(self) -> dict[str, str]:
        try:
            return dict(json.loads((self.home / NOTES).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _note(self, name: str, digest: str) -> None:
        """Note what this server has and the place has alike."""
        file = self.home / NOTES
        self.home.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            part = file.with_suffix(".part")
            part.write_text(json.dumps({**self._noted(), name: digest}), encoding="utf-8")
            part.replace(file)


def _key(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=16, person=b"home file").hexdigest()


@contextmanager
def _packed(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """Give a file, or a folder's files, as one open file at its start, and its digest.

    Raises
    ------
    SourceError
        When it is not there.
    """
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    base = path if path.is_dir() else path.parent
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as target:
        try:
            with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as archive:
                for file in files:
                    entry = tarfile.TarInfo(file.relative_to(base).as_posix())
                    entry.size, entry.mode = file.stat().st_size, 0o600
                    with file.open("rb") as content:
                        archive.addfile(entry, content)
        except OSError as error:
            raise SourceError("A file that servers share cannot be read.", str(path), "Check its rights.") from error
        digest = file_digest(cast("BinaryIO", target))
        target.seek(0)
        yield cast("BinaryIO", target), digest


def _put(content: BinaryIO, target: Path) -> None:
    """Write what was packed in place of what is there, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".brought-") as name:
        folder = Path(name)
        unpack(content, folder)
        alone = folder / target.name
        if alone.is_file():
            os.replace(alone, target)
            return
        shutil.rmtree(target, ignore_errors=True)
        whole = folder.with_name(f"{folder.name}-whole")
        whole.mkdir()
        for path in folder.iterdir():
            os.replace(path, whole / path.name)
        os.replace(whole, target)
