"""Makes a Python client of the API: typed functions and models, written by openapi-python-client from the document.

Run `python -m tools.api_client FOLDER`; the folder then holds the package `quarterdeck_client`. Against a server that
runs, `openapi-python-client generate --url http://localhost:8501/api/openapi.json` does the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from core.api.application import application

NAME = "quarterdeck_client"


def write(folder: Path) -> Path:
    """Write the client into a folder, over one that is there, and return its package.

    Raises
    ------
    CalledProcessError
        When the generator meets anything in the document that it does not understand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAME
    programs = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch) / "openapi.json"
        document.write_text(json.dumps(application().openapi()), encoding="utf-8")
        options = ["--path", str(document), "--output-path", str(target), "--meta", "none"]
        subprocess.run(
            [programs / "openapi-python-client", "generate", *options, "--overwrite", "--fail-on-warning"],
            check=True,
            env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"},
            cwd=scratch,
            stdout=subprocess.DEVNULL,
        )
    return target


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
