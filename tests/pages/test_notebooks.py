"""The notebook of every page runs against the core and says what the page says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.kit import notebook

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]
# Of many small cells, of explanations, of a list that is kept; the others run in the slow part `downloads`.
QUICK = ("app.py", "pages/customers.py", "pages/deal.py", "pages/enablement.py")
WITHOUT_FIGURES = {"pages/alerts.py", "pages/help.py", "pages/project.py"}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("name", [pytest.param(p, marks=() if p in QUICK else pytest.mark.slow) for p in PAGES])
def test_the_notebook_of_a_page_runs_and_says_the_same(name, settings, sample, bundle, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(ROOT)
    written = []
    monkeypatch.setattr(notebook, "offer", lambda page: written.append(notebook.write(page)))
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if name != "app.py":
        test.switch_page(name)
    test.run()
    assert not test.exception
    shown = " ".join(m.value for m in test.markdown)
    scope: dict[str, object] = {}
    for part in json.loads(written[-1])["cells"]:
        if part["cell_type"] == "code":
            exec("".join(part["source"]), scope)
    if "shap.plots" in written[-1]:
        import matplotlib.pyplot as plt

        assert plt.get_fignums()
        plt.close("all")
    said = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    if name in WITHOUT_FIGURES:
        assert not said
        return
    assert said
    assert sum(line in shown for line in said) >= max(len(said) - 1, 1)
