"""The API under inputs nobody thought of: every operation of its document, in sequences too, against a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.servers import QUARTERDECK, serving

pytestmark = pytest.mark.slow
# What is refused for its meaning and not for its form, such as a file that holds nothing, is a 422 on purpose.
SETTINGS = """[checks]
positive_data_acceptance.expected-statuses = ["2xx", "304", "404", "409", "422"]
"""


def test_no_input_breaks_any_operation(small_settings, small, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(small_settings.home, home)
    env = {"QUARTERDECK_HOME": str(home), "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}"}
    made = subprocess.run(
        [*QUARTERDECK, "api-key", "make", "fuzz"],
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (tmp_path / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    with serving(tmp_path, env) as address:
        urllib.request.urlopen(f"{address}/api/openapi.json", timeout=120).close()  # The first request builds it.
        run = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                f"--config-file={tmp_path / 'schemathesis.toml'}",
                "run",
                f"{address}/api/openapi.json",
                f"--header=Authorization: Bearer {made.stdout.strip()}",
                "--phases=examples,fuzzing,stateful",
                "--max-examples=4",
                "--workers=2",
                "--request-timeout=90",
                "--seed=1",
                "--checks=not_a_server_error,status_code_conformance,content_type_conformance,"
                "response_schema_conformance,response_headers_conformance,unsupported_method,ignored_auth",
                "--no-color",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
    assert run.returncode == 0, run.stdout[-6_000:]
    assert "Stateful" in run.stdout
