"""The image: built without daemon or registry, on a base made by debootstrap, started from its root file system.

Without buildah and debootstrap, or without being root, it is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.servers import free_port, is_healthy
from tests.slow.built_image import NAME

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("image")]
MOST_COMPRESSED, USER = 900_000_000, 10_001
PATIENCE = 180_000.0


@pytest.fixture(scope="module")
def root(storage):
    """The root file system of the image, with how large it is packed."""
    packed = storage.folder / "image.tar"
    packed.unlink(missing_ok=True)
    storage.run("push", "-q", "--compression-format", "gzip", NAME, f"oci-archive:{packed}")
    container = storage.run("from", NAME)
    mounted = Path(storage.run("mount", container))
    described = json.loads(storage.run("inspect", "--type", "image", NAME))
    yield mounted, packed, described
    storage.run("umount", container)
    storage.run("rm", container)


def test_it_is_small_runs_as_nobody_and_keeps_nothing_that_builds(root):
    mounted, packed, described = root
    unpacked = int(subprocess.run(["du", "-sb", mounted], capture_output=True, text=True, check=True).stdout.split()[0])
    sys.stdout.write(f"{packed.stat().st_size // 1_000_000} MB packed, {unpacked // 1_000_000} MB unpacked\n")
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
