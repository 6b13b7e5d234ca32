"""What takes long about the files in deploy: a policy checker over all of them, and every version of Kubernetes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
import yaml

from tests.deploy.test_chart import CHART, VALUES, VERSIONS, chart_library, rendered
from tests.environments import environment

__all__ = ["rendered"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment")]
DEPLOY = CHART.parent


@pytest.fixture(scope="module")
def checkov(tmp_path_factory):
    """The policy checker, in an environment of its own: it asks for versions that fit nothing else."""
    return environment(tmp_path_factory.mktemp("checkov") / "env", "checkov>=3.2") / "checkov"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", VALUES)
def test_manifests_fit_every_version(rendered, values, version):
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    for part in rendered[values]:
        kubernetes_validate.validate(part, version, strict=True)


def test_compose_reads_its_file_and_asks_for_a_password(tmp_path):
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed")
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    file = tmp_path / "compose.yaml"
    file.write_text(text.replace("name: quarterdeck\n", "", 1), encoding="utf-8")  # Debian's is older than that line.
    words = ["docker-compose", "-f", str(file), "config"]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (refused.returncode, "QUARTERDECK_DB_PASSWORD" in refused.stderr) == (1, True)
    environ = os.environ | {"QUARTERDECK_DB_PASSWORD": "secret"}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert set(services) == set(yaml.safe_load(text)["services"])
    assert ":secret@database/" in services["worker"]["environment"]["QUARTERDECK_DATABASE_URL"]


def checked(checkov, framework, *words):
    done = subprocess.run(
        [checkov, *map(str, words), "--framework", framework, "--skip-download", "--quiet", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    content = json.loads(done.stdout)
    failed = content.get("results", {}).get("failed_checks", [])
    return content["summary"]["passed"], [f"{entry['check_id']} {entry['resource']}" for entry in failed]


def test_policies_find_nothing_in_terraform(checkov):
    n_passed, failed = checked(checkov, "terraform", "-d", DEPLOY / "terraform")
    assert failed == []
    assert n_passed > 100


def test_policies_find_nothing_in_the_image_and_the_chart(checkov, tmp_path):
    n_passed, failed = checked(checkov, "dockerfile", "-f", DEPLOY / "Dockerfile")
    assert failed == []
    assert n_passed > 20
    values = {"image": {"digest": f"sha256:{'0' * 64}"}}
    for name, text in chart_library.Chart.load(CHART).render(values, name="sales", namespace="quarterdeck").items():
        if name.endswith(".yaml"):
            (tmp_path / name.rpartition("/")[2]).write_text(text, encoding="utf-8")
    n_passed, failed = checked(checkov, "kubernetes", "-d", tmp_path)
    assert failed == []
    assert n_passed > 300
