"""Opens pages with every *Calculation* unfolded and every file noted, as somebody whom the settings describe."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from pages.ui.kit import auth, calculation, cells, data_notice, downloads, shell
from tests.pages.test_pages import ROOT


class Opener:
    """Opens pages on one company.

    Attributes
    ----------
    files : list of (str, Any)
        Name and content, or what makes it, of each file the page that was opened last offers.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, company: Any, models: Any) -> None:
        self.monkeypatch, self.folder, self.files = monkeypatch, folder, list[tuple[str, Any]]()
        monkeypatch.setattr("core.models.registry.train_all", lambda *_: models)
        monkeypatch.setattr(data_notice, "of_page", lambda _: None)
        self.show(company)
        files = self.files

        def noted(where, label, content, file_name, *_, **options):
            files.append((file_name, content))
            where.button(label, key=options.get("key") or f"file {len(files)} {label}")

        def opened_up(self, function, frame, *more, given=""):
            call = self.noted(function, given or "data, settings")
            calculation.show(self.page, self.question, function, frame, call, self.remarks)

        monkeypatch.setattr(downloads, "button", noted)
        monkeypatch.setattr(cells.Cell, "method", opened_up)

    def show(self, company: Any) -> None:
        """Have pages show a company's data."""
        self.monkeypatch.setattr(shell.cache, "data", lambda *_: company)

    def open(self, page: str, user: str, settings: dict[str, Any], asked: dict[str, str]) -> AppTest:
        """Run a page for somebody under settings, with parameters in its address."""
        chosen = self.folder / "quarterdeck.yaml"
        chosen.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self.monkeypatch.setenv("QUARTERDECK_CONFIG", str(chosen))
        headers = {"X-Forwarded-Email": user}
        context = SimpleNamespace(headers=headers, theme=None, ip_address=None, cookies={})
        self.monkeypatch.setattr(auth.st, "context", context)
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        if page != "app.py":
            test.switch_page(page)
        for name, value in asked.items():
            test.query_params[name] = value
        self.files.clear()
        return test.run()
