"""The first document: Streamlit's own, with early imports that name files that are there."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.config.branding import BrandSettings
from pages.ui.server import preload, web_manifest


def test_every_part_asked_for_early_has_its_file():
    found = re.findall(r'import\("\./(static/js/([A-Za-z]+)\.[^"]+\.js)"\)', preload.document())
    assert {name for _, name in found} == set(preload.EARLY)
    assert all((preload.FILES / path).is_file() for path, _ in found)


def test_the_rest_of_the_document_is_left_as_it_is():
    own = (preload.FILES / "index.html").read_text(encoding="utf-8")
    document = re.sub(r"<style>@font-face.*?</style>", "", preload.document()).replace(web_manifest.HEAD, "")
    document = document.replace(preload.LOOK, "").replace("<title>Quarterdeck</title>", "<title>Streamlit</title>")
    assert re.sub(r'<script type="module">import.*?</script>', "", document) == own


def test_a_part_that_is_no_longer_there_is_left_out(tmp_path):
    (tmp_path / "static" / "js").mkdir(parents=True)
    (tmp_path / "static" / "js" / "Metric.abc.js").touch()
    (tmp_path / "index.html").write_text("<body></body>")
    told = preload.document(tmp_path, ("Metric", "Gone"))
    assert told == f'<body>{preload.LOOK}<script type="module">import("./static/js/Metric.abc.js");</script></body>'


def test_the_document_is_asked_for_anew_every_time():
    client = TestClient(Starlette(routes=preload.routes(["pipeline"], BrandSettings)))
    for path, asked in (("/", "gzip"), ("/pipeline", "identity")):
        answer = client.get(path, headers={"Accept-Encoding": asked})
        assert answer.text == preload.document()
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers.get("Content-Encoding", "identity") == asked
    assert client.get("/none").status_code == 404


def test_what_draws_charts_waits_where_the_line_is_slow():
    light, _, heavy = preload.document().partition(f"if(!({preload.SLOW}))")
    assert "js/Metric." in light
    assert "js/embed." in heavy
    assert "js/embed." not in light


def test_the_window_bears_the_brands_name_from_the_first_moment_on():
    names = iter(["Acme", "Acme & Söhne <b>", "Acme & Söhne <b>"])
    client = TestClient(Starlette(routes=preload.routes([], lambda: BrandSettings(name=next(names)))))
    assert "<title>Acme &amp; Söhne &lt;b&gt;</title>" in client.get("/").text
