"""Builds the image, and what stands for those of others, by buildah: without daemon or registry.

The base is made by debootstrap and stands for Debian's own image, which is made the same way. Layers lie over one
another where the kernel mounts them so, and are copied where it does not, which takes most of the time there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.environments import ROOT

SECONDS = 60
BASE, NAME = "localhost/base", "docker.io/library/quarterdeck:0.1.0"
# What a machine has of its own to reach the registries; it is lent to the build and not part of the image.
CERTIFICATES = Path("/usr/local/share/ca-certificates")
APT = tuple(Path("/etc/apt/apt.conf.d").glob("99*"))


@dataclass(frozen=True)
class Storage:
    """A folder in which images and containers lie, for buildah and podman."""

    folder: Path

    def options(self) -> list[str]:
        """Return the words that name it on the command line of both."""
        places = ["--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]
        return ["--storage-driver", "overlay" if self._has_overlay() else "vfs", *places]

    def _has_overlay(self) -> bool:
        if (storage := self.folder / "storage").is_dir():
            return (storage / "overlay").is_dir()
        folders = [self.folder / name for name in ("lower", "upper", "work", "merged")]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        names = ",".join(f"{name}dir={self.folder / name}" for name in ("lower", "upper", "work"))
        words = ["mount", "-t", "overlay", "overlay", "-o", names, str(self.folder / "merged")]
        has = subprocess.run(words, check=False, capture_output=True).returncode == 0
        if has:
            subprocess.run(["umount", self.folder / "merged"], check=True)
        for folder in folders:
            shutil.rmtree(folder)
        return has

    def run(self, *words: object, minutes: float = 60) -> str:
        """Return what buildah prints; a failure shows the end of it."""
        command = ["buildah", *self.options(), *map(str, words)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=minutes * SECONDS)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
        return done.stdout.strip()

    def build(self, file: Path, name: str, context: Path) -> None:
        """Build an image on the base."""
        lent = [f"{path}:{path}:ro" for path in (CERTIFICATES, *APT) if path.exists()]
        volumes = [word for volume in lent for word in ("--volume", volume)]
        words = ("--isolation", "chroot", "--build-arg", f"BASE={BASE}", *volumes, "--format", "docker")
        self.run("bud", *words, "-f", file, "-t", name, context, minutes=90)

    def put_base(self) -> None:
        """Make the base where it is not there."""
        if BASE in self.run("images", "--format", "{{.Name}}"):
            return
        made = self.folder / "base"
        words = ["debootstrap", "--variant=minbase", "bookworm", str(made), mirror()]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if "E: Failed getting release file" in done.stdout + done.stderr:
            pytest.skip("Debian's mirror does not answer")
        assert done.returncode == 0, (done.stdout + done.stderr)[-2_000:]
        container = self.run("from", "scratch")
        self.run("copy", "-q", container, made, "/")
        self.run("commit", "-q", container, BASE)
        self.run("rm", container)

    def clear(self) -> None:
        """Take everything away."""
        self.run("rm", "--all")
        self.run("rmi", "--all", "--force")
        shutil.rmtree(self.folder)


def mirror() -> str:
    """Return where this machine gets Debian's packages."""
    files = [*Path("/etc/apt/sources.list.d").glob("*.sources"), Path("/etc/apt/sources.list")]
    lines = [line for file in files if file.is_file() for line in file.read_text(encoding="utf-8").splitlines()]
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    return next(word for word in words if word.startswith("http"))


def is_possible() -> bool:
    """Say whether images can be built here."""
    return not os.geteuid() and bool(shutil.which("buildah") and shutil.which("debootstrap"))
