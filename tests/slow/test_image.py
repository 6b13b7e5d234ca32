"""The image: built without daemon or registry, on a base made by debootstrap, started from its root file system.

It takes half an hour on a small machine, most of it copying; without buildah and debootstrap, or without being root, it
is left out. The base stands for Debian's own image, which is made the same way.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.environments import ROOT
from tests.servers import free_port, is_healthy

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("image")]
MOST_COMPRESSED, USER = 900_000_000, 10_001
MINUTES, PATIENCE = 60, 180_000.0
BASE = "localhost/base"
NAME = "localhost/quarterdeck"
# What a machine has of its own to reach the registries; it is lent to the build and not part of the image.
CERTIFICATES = Path("/usr/local/share/ca-certificates")
APT = tuple(Path("/etc/apt/apt.conf.d").glob("99*"))


@pytest.fixture(scope="module")
def buildah(tmp_path_factory):
    if os.geteuid() or not (shutil.which("buildah") and shutil.which("debootstrap")):
        pytest.skip("buildah and debootstrap are not installed, or this is not root")
    folder = Path(os.environ.get("QUARTERDECK_IMAGE_FOLDER") or tmp_path_factory.mktemp("image"))
    folder.mkdir(exist_ok=True)
    places = ["--storage-driver", "vfs", "--root", folder / "storage", "--runroot", folder / "run"]

    def run(*words, minutes=60):
        command = ["nice", "buildah", *map(str, places), *map(str, words)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=minutes * MINUTES)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
        return done.stdout.strip()

    return folder, run


def mirror():
    """Return where this machine gets Debian's packages."""
    files = [*Path("/etc/apt/sources.list.d").glob("*.sources"), Path("/etc/apt/sources.list")]
    lines = [line for file in files if file.is_file() for line in file.read_text(encoding="utf-8").splitlines()]
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    return next(word for word in words if word.startswith("http"))


@pytest.fixture(scope="module")
def root(buildah):
    """The root file system of the image, with how large it is packed."""
    folder, run = buildah
    if BASE not in run("images", "--format", "{{.Name}}"):
        made = folder / "base"
        subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", made, mirror()], check=True, capture_output=True
        )
        container = run("from", "scratch")
        run("copy", "-q", container, made, "/")
        run("commit", "-q", container, BASE)
        run("rm", container)
    lent = [f"{path}:{path}:ro" for path in (CERTIFICATES, *APT) if path.exists()]
    volumes = [word for volume in lent for word in ("--volume", volume)]
    words = ("--isolation", "chroot", "--build-arg", f"BASE={BASE}", *volumes, "--format", "docker")
    run("bud", *words, "-f", "deploy/Dockerfile", "-t", NAME, ".", minutes=90)
    packed = folder / "image.tar"
    packed.unlink(missing_ok=True)
    run("push", "-q", "--compression-format", "gzip", NAME, f"oci-archive:{packed}")
    container = run("from", NAME)
    mounted = Path(run("mount", container))
    described = json.loads(run("inspect", "--type", "image", NAME))
    yield mounted, packed, described
    run("umount", container)
    run("rm", container)


def test_it_is_small_runs_as_nobody_and_keeps_nothing_that_builds(root, record_property):
    mounted, packed, described = root
    unpacked = int(subprocess.run(["du", "-sb", mounted], capture_output=True, text=True, check=True).stdout.split()[0])
    record_property("megabytes_packed", packed.stat().st_size // 1_000_000)
    record_property("megabytes_unpacked", unpacked // 1_000_000)
    assert packed.stat().st_size < MOST_COMPRESSED
    with tarfile.open(packed) as archive:
        assert "index.json" in archive.getnames()
    config = described["Docker"]["config"]
    assert config["User"] == f"{USER}:{USER}"
    assert config["Entrypoint"] == ["/usr/bin/tini", "--", "quarterdeck"]
    assert config["Healthcheck"]["Test"][0] == "CMD"
    for tool in ("usr/bin/gcc", "usr/bin/make", "usr/bin/git", "opt/quarterdeck/bin/pip", "opt/tools", "build"):
        assert not (mounted / tool).exists(), tool
    bill = json.loads((mounted / "opt/quarterdeck/share/quarterdeck/sbom.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {"streamlit", "quarterdeck", "psycopg"} <= {entry["name"] for entry in bill["components"]}


def test_a_page_opens_from_its_root_file_system_by_a_user_who_can_write_nothing_of_it(
    root, small_settings, small_bundle, page
):
    mounted = root[0]
    home = mounted / "data"
    shutil.copytree(small_settings.home / "artifacts", home / "artifacts", dirs_exist_ok=True)
    subprocess.run(["chown", "-R", f"{USER}:{USER}", home], check=True)
    port = free_port()
    variables = {
        "PATH": "/opt/quarterdeck/bin:/usr/bin:/bin",
        "HOME": "/tmp",
        "MPLCONFIGDIR": "/tmp",
        "NUMBA_CACHE_DIR": "/tmp",
        "QUARTERDECK_HOME": "/data",
        "QUARTERDECK_WORKER": "0",
        "QUARTERDECK_LOG": "json",
    }
    words = [shutil.which("chroot"), f"--userspec={USER}:{USER}", mounted, "/bin/sh", "-c"]
    inside = f"cd /srv/quarterdeck && exec /usr/bin/tini -- quarterdeck serve --port {port}"
    log = mounted.parent / "served.log"
    with log.open("wb") as out:
        process = subprocess.Popen([*words, inside], env=variables, stdout=out, stderr=out, start_new_session=True)
    try:
        end = time.monotonic() + 300
        while not is_healthy(f"http://127.0.0.1:{port}"):
            assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-3_000:]
            assert time.monotonic() < end, log.read_text(encoding="utf-8", errors="replace")[-3_000:]
            time.sleep(0.5)
        page.set_default_timeout(PATIENCE)
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("button", name="Download as notebook").wait_for()
        assert page.get_by_test_id("stException").count() == 0
        refused = subprocess.run([*words, "touch /opt/quarterdeck/x /etc/x"], capture_output=True, check=False)
        assert refused.returncode != 0
    finally:
        process.terminate()
        process.wait(60)
