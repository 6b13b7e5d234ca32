"""What takes long about the files in deploy: a policy checker over all of them, and every version of Kubernetes."""

from __future__ import annotations

import json
import subprocess

import pytest

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
