from __future__ import annotations

import json
import zipfile

from core.config import load
from core.operations import support_file
from core.operations.examination import Examined, examine
from core.store import Store

PLANTED = (
    "Harbour-Lines-Ltd",
    "ana.silva@example.com",
    "Ana Silva",
    "s3cr3t-of-the-database",
    "db.internal.example.com",
    "10.20.30.40",
    "a-very-secret-proxy-word",
    "0123456789abcdef" * 4,
    "xoxb-99-planted-token-1234567890",
    "/srv/ana-silva",
    "planted-mask-key",
)
COMPANY, MAIL, NAME, PASSWORD, HOST, NUMBER, WORD, KEY, TOKEN, FOLDER, MASK = PLANTED
SETTINGS = f"""
company: {COMPANY}
currency: EUR
database_url: postgresql://q:{PASSWORD}@{HOST}/q
source: {{folder: {FOLDER}/crm}}
access:
  sign_in: header
  proxies: [{NUMBER}]
  mask_key: {MASK}
  people: {{{MAIL}: {{roles: [leader], name: {NAME}}}}}
models: {{seed: 11}}
"""
LOG = [
    json.dumps({"event": f"{MAIL} saved '{COMPANY}'", "level": "info", "user": MAIL, "request": "r1"}),
    json.dumps({"event": f"refused at {NUMBER} by {TOKEN}", "exception": f'File "{FOLDER}/x.py", line 3 {KEY}'}),
    f"plain text: postgresql://q:{PASSWORD}@{HOST}/q {FOLDER}/deals.csv",
    "[1, 2]",
]


def test_nothing_planted_is_in_the_file(tmp_path, now):
    (tmp_path / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    settings = load(tmp_path / "quarterdeck.yaml", environ={"QUARTERDECK_HOME": str(tmp_path / "home")})
    log = tmp_path / "server.log"
    log.write_text("\n".join(LOG), encoding="utf-8")
    environ = {"QUARTERDECK_KEY": KEY, "QUARTERDECK_PROXY_SECRET": WORD, "QUARTERDECK_CONFIG": "quarterdeck.yaml"}
    examined = [Examined(f"Home folder {FOLDER}/home can be written", False, True, f"'{COMPANY}' {TOKEN}", MAIL)]
    target = tmp_path / "support.zip"
    names = support_file.write(target, settings, examined, environ, log)
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == names
        texts = {name: archive.read(name).decode() for name in names}
    for name, text in texts.items():
        assert [planted for planted in PLANTED if planted.lower() in text.lower()] == [], name
    about = json.loads(texts["about.json"])
    assert about["set"] == ["QUARTERDECK_KEY", "QUARTERDECK_CONFIG", "QUARTERDECK_PROXY_SECRET"]
    assert about["database"] == "postgresql"
    assert json.loads(texts["settings.json"])["models.seed"] == 11
    assert json.loads(texts["settings.json"])["access.people"] == "dict of 1"
    first, second, third = map(json.loads, texts["log.txt"].splitlines())
    assert first == {"level": "info", "event": "… saved …", "request": "r1"}
    assert "line 3" in second["exception"]
    assert third["event"].endswith("…/deals.csv")


def test_a_real_examination_goes_in(empty, now, tmp_path):
    Store.open(empty.database).close()
    support_file.write(tmp_path / "s.zip", empty, examine(empty, now, {}), {})
    with zipfile.ZipFile(tmp_path / "s.zip") as archive:
        entries = json.loads(archive.read("doctor.json"))
        assert "streamlit" in json.loads(archive.read("versions.json"))
    assert {"Data is there", "The disk has room"} <= {entry["name"] for entry in entries}
    assert str(tmp_path) not in json.dumps(entries)
