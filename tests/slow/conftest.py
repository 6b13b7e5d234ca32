"""The image, built once for all that start it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environments import ROOT
from tests.slow import built_image


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[built_image.Storage]:
    """A storage that holds the image; one of QUARTERDECK_IMAGE_FOLDER stays, with the base for the next time."""
    if not built_image.is_possible():
        pytest.skip("buildah and debootstrap are not installed, or this is not root")
    lasting = os.environ.get("QUARTERDECK_IMAGE_FOLDER")
    folder = Path(lasting) if lasting else tmp_path_factory.mktemp("image")
    folder.mkdir(exist_ok=True)
    out = built_image.Storage(folder)
    out.put_base()
    out.build(ROOT / "deploy" / "Dockerfile", built_image.NAME, ROOT)
    yield out
    if not lasting:
        out.clear()
