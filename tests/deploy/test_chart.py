"""The Helm chart, rendered and linted by Helm's own library, against the schemas of three versions of Kubernetes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

chart_library = pytest.importorskip("helm_python.chart", reason="Helm's library has no wheel for this system")
CHART = Path(__file__).resolve().parents[2] / "deploy" / "chart"
VERSIONS = ("1.31", "1.33", "1.35")
EVERYTHING = {
    "image": {"digest": f"sha256:{'0' * 64}", "pullSecrets": ["registry"]},
    "settings": {"access": {"sign_in": "header", "hosts": ["sales.example.com"]}},
    "secrets": {"signIn": "sign-in", "proxy": "proxy"},
    "app": {"autoscaling": {"enabled": True}},
    "home": {"storageClass": "shared"},
    "backup": {"storageClass": "elsewhere"},
    "ingress": {"annotations": {"a.example.com/b": "c"}},
}
LITTLE = {
    "secrets": {"sealing": ""},
    "home": {"existingClaim": "home"},
    "backup": {"enabled": False},
    "tick": {"enabled": False},
    "ingress": {"enabled": False},
    "network": {"https": False},
}
VALUES = {"as shipped": {}, "everything": EVERYTHING, "little": LITTLE}


@pytest.fixture(scope="module")
def rendered():
    chart = chart_library.Chart.load(CHART)
    out = {}
    for name, values in VALUES.items():
        texts = chart.render(values, name="sales", namespace="quarterdeck")
        out[name] = [part for text in texts.values() for part in yaml.safe_load_all(text) if part]
    return out


def pods(parts):
    """Every pod's description, whatever makes it."""
    for part in parts:
        spec = part.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield part["metadata"]["name"], spec["template"]["spec"]


def kinds(parts):
    return {
        f"{part['kind']} {part['metadata']['name'].removeprefix('sales').removeprefix('-')}".strip() for part in parts
    }


def test_helm_lints_it_without_a_finding():
    report = chart_library.lint(CHART, strict=True)
    assert [m for m in report["messages"] if m["severity"] > 1] == []
    assert report["errors"] == []


def test_it_is_what_it_should_be(rendered):
    assert kinds(rendered["everything"]) == {
        "ConfigMap",
        "ServiceAccount",
        "PersistentVolumeClaim home",
        "PersistentVolumeClaim backups",
        "Deployment app",
        "Deployment worker",
        "Service",
        "PodDisruptionBudget app",
        "HorizontalPodAutoscaler app",
        "Job migrate",
        "CronJob tick",
        "CronJob backup",
        "Ingress",
        "NetworkPolicy",
    }
    assert {"CronJob tick", "CronJob backup", "Ingress", "PersistentVolumeClaim home"} & kinds(
        rendered["little"]
    ) == set()


@pytest.mark.parametrize(("values", "version"), list(zip(VALUES, VERSIONS, strict=True)))
def test_manifests_fit_the_schemas_of(rendered, values, version):
    """Each set of values against one version here; every set against every version in the slow part."""
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    for part in rendered[values]:
        kubernetes_validate.validate(part, version, strict=True)


def test_a_manifest_that_does_not_fit_is_refused(rendered):
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    part = next(part for part in rendered["as shipped"] if part["kind"] == "Deployment")
    wrong = part | {"spec": part["spec"] | {"replicaz": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_no_pod_may_more_than_it_needs(rendered):
    for name, spec in pods(rendered["everything"]):
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"], name
        for container in (*spec["containers"], *spec.get("initContainers", [])):
            may = container["securityContext"]
            assert may["readOnlyRootFilesystem"], name
            assert not may["allowPrivilegeEscalation"], name
            assert may["capabilities"] == {"drop": ["ALL"]}, name
            assert set(container["resources"]) == {"requests", "limits"}, name
            mounts = {mount["name"] for mount in container["volumeMounts"]}
            assert mounts <= {volume["name"] for volume in spec["volumes"]}, name


def test_secrets_are_named_and_never_written(rendered):
    for values in VALUES:
        assert not [part for part in rendered[values] if part["kind"] == "Secret"]
    for _, spec in pods(rendered["everything"]):
        for container in spec["containers"]:
            written = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
            assert all(value.startswith(("/run/secrets/", "/etc/quarterdeck/")) for value in written.values())


def test_browsers_stay_with_one_replica_and_replicas_scale_by_people(rendered):
    parts = {f"{part['kind']}": part for part in rendered["everything"]}
    annotations = parts["Ingress"]["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/affinity"] == "cookie"
    assert annotations["nginx.ingress.kubernetes.io/session-cookie-name"] == "quarterdeck_route"
    metric = parts["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]["name"]
    from core.operations import instruments

    assert instruments.REGISTRY.get_sample_value(metric) is not None
    hooks = parts["Job"]["metadata"]["annotations"]["helm.sh/hook"]
    assert hooks == "post-install,pre-upgrade"
    assert parts["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"app": {"replicas": 0}}, "replicas"),
        ({"secrets": {"database": ""}}, "database"),
        ({"imagge": {}}, "imagge"),
        ({"tick": {"schedule": "hourly"}}, "schedule"),
        ({"image": {"digest": "latest"}}, "digest"),
    ],
)
def test_values_that_are_wrong_are_refused_by_name(values, named):
    with pytest.raises(Exception, match=re.compile(named)):
        chart_library.Chart.load(CHART).validate_schema(values)
