"""SCORM packages name the courses and modules that run-time data and statements speak of."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import polars as pl
import pytest

from core.contracts.errors import SourceError
from core.metrics import course_record
from core.sources import course_names, inventory, scorm_manifest
from core.sources.findings import Findings
from tests.sources.test_learning_exports import read, statement

V1_2 = """<?xml version="1.0"?>
<manifest identifier="PRICING-1" version="1.1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="ORG-B">
    <organization identifier="ORG-A"><title>Old pricing</title>
      <item identifier="ITEM-9" identifierref="R9"><title>Gone</title></item></organization>
    <organization identifier="ORG-B"><title>Pricing
        with care</title>
      <item identifier="PART-1"><title>First part</title>
        <item identifier="ITEM-1" identifierref="R1"><title>List &amp; floor prices</title></item>
        <item identifier="ITEM-2" identifierref="R2"><title>Discounts</title><adlcp:masteryscore>80</adlcp:masteryscore>
        </item>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="R1" type="webcontent" adlcp:scormtype="sco" href="one/index.html?lang=en"/>
    <resource identifier="R2" type="webcontent" adlcp:scormtype="sco" href="two/index.html"/>
    <resource identifier="R9" type="webcontent" adlcp:scormtype="sco" href="nine.html"/>
  </resources>
</manifest>"""
V2004 = """<manifest identifier="com.x.selling" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
  xmlns:imsss="http://www.imsglobal.org/xsd/imsss" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 4th Edition</schemaversion></metadata>
  <organizations default="selling_org">
    <organization identifier="selling_org" structure="hierarchical"><title>Selling</title>
      <item identifier="ITEM-1" identifierref="res_1"><title>Opening</title>
        <imsss:sequencing><imsss:controlMode choice="true"/></imsss:sequencing></item>
      <item identifier="ITEM-2" identifierref="res_2"></item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="res_1" type="webcontent" adlcp:scormType="sco" href="opening.html"/>
    <resource identifier="res_2" type="webcontent" adlcp:scormType="sco" href="closing.html"/>
  </resources>
</manifest>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;">]>
<manifest identifier="x"><organizations><organization identifier="o"><title>&c;</title></organization></organizations>
</manifest>"""


def package(manifest, folder="", **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{folder}imsmanifest.xml", manifest)
        packed.writestr(f"{folder}data/words.json", '[{"course": "not read"}]')
        for name, content in more.items():
            packed.writestr(name, content)
    return out.getvalue()


def modules(content, name="pricing.zip"):
    (table,) = [text for inner, text in inventory.unpacked(name, content).items() if inner.endswith("modules.csv")]
    return pl.read_csv(io.BytesIO(table))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_manifest_of_either_version_names_the_course_and_what_can_be_launched(encoding):
    old = V1_2.replace('<?xml version="1.0"?>', f'<?xml version="1.0" encoding="{encoding}"?>').encode(encoding)
    assert modules(package(old)).rows() == [
        ("PRICING-1", "Pricing with care", "ORG-B", "ITEM-1", "List & floor prices", "one/index.html"),
        ("PRICING-1", "Pricing with care", "ORG-B", "ITEM-2", "Discounts", "two/index.html"),
    ]
    assert modules(package(V2004, "selling/")).rows() == [
        ("com.x.selling", "Selling", "selling_org", "ITEM-1", "Opening", "opening.html"),
        ("com.x.selling", "Selling", "selling_org", "ITEM-2", "ITEM-2", "closing.html"),
    ]


def test_of_a_package_only_the_manifest_is_read_and_of_its_archive_the_rest(settings):
    files = inventory.unpacked("all.zip", package(V2004, "selling/", **{"results.csv": b"a,b\n1,2\n"}))
    assert set(files) == {"selling course_modules.csv", "results.csv"}


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (BOMB, "document type"),
        (V1_2[:900], "cannot be read"),
        ("", "cannot be read"),
        ("<manifest identifier='x'><organizations/></manifest>", "nothing that can be launched"),
        ("<html><body>no</body></html>", "another kind"),
        ("<manifest><organizations><item identifier='i'/></organizations></manifest>", "outside of an organization"),
        ("<a>" * 60 + "</a>" * 60, "too deep"),
        ("<manifest>" + " " * (scorm_manifest.LARGEST_MANIFEST + 1) + "</manifest>", "larger than 10 MB"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_reason(manifest, why):
    with pytest.raises(SourceError, match=why):
        inventory.unpacked("course.zip", package(manifest))


def test_more_items_than_any_course_has_are_refused(monkeypatch):
    monkeypatch.setattr(scorm_manifest, "MOST_MODULES", 2)
    with pytest.raises(SourceError, match="too many items"):
        scorm_manifest.table(V1_2.encode(), "x")


def test_an_archive_that_unpacks_to_far_more_than_tables_do_is_refused(monkeypatch):
    import gzip

    monkeypatch.setattr(inventory, "LEAST_UNPACKED", 10_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("deals.csv", b"0" * 5_000_000)
    for name, content in (("bomb.zip", out.getvalue()), ("bomb.csv.gz", gzip.compress(b"0" * 5_000_000))):
        with pytest.raises(SourceError, match="far more"):
            inventory.unpacked(name, content)
    assert inventory.unpacked("small.csv.gz", gzip.compress(b"a,b\n1,2\n")) == {"small.csv": b"a,b\n1,2\n"}


RUN_TIME = (
    "course id,sco id,cmi.learner_id,cmi.learner_name,cmi.completion_status,cmi.score.scaled,last access\n"
    'PRICING-1,ITEM-1,r1,"Lee, Ann",completed,0.9,2025-01-15\n'
    'PRICING-1,ITEM-2,r1,"Lee, Ann",completed,0.7,2025-01-20\n'
    'PRICING-1,ITEM-1,r2,"Ray, Ben",completed,0.5,2025-01-15\n'
    'PRICING-1,ITEM-2,r2,"Ray, Ben",incomplete,,2025-01-16\n'
    'com.x.selling,ITEM-2,r2,"Ray, Ben",completed,,2025-01-17\n'
    'ORG-B,,r2,"Ray, Ben",incomplete,,2025-02-01\n'
)


def test_a_course_is_finished_when_all_its_modules_are(settings):
    packages = {"pricing.zip": package(V1_2), "selling.zip": package(V2004)}
    data = read(settings, "scorm results.csv", RUN_TIME, **packages)
    rows = course_record.records(data).sort("rep_id", "course")
    columns = ("rep_id", "course", "status", "is_completed", "score_rate", "completed_on")
    # Ann's last module ends the course, its score the mean of both; Ben has one of two in each.
    assert rows.select(columns).rows() == [
        ("r1", "Pricing with care", "2 of 2 modules", True, pytest.approx(0.8), date(2025, 1, 20)),
        ("r2", "Pricing with care", "1 of 2 modules", False, 0.5, None),
        ("r2", "Selling", "1 of 2 modules", False, None, None),
    ]
    measure = course_record.by_module(data, settings)
    assert measure.frame.rows() == [
        ("Pricing with care", "Discounts", 2, 1, 0.5, 0.7),
        ("Pricing with care", "List & floor prices", 2, 2, 1.0, 0.7),
        ("Selling", "ITEM-2", 1, 1, 1.0, None),
    ]
    assert measure.value == 0.8
    assert "fewest finish Discounts in Pricing with care (50.0 %)" in measure.sentence()
    assert any(note.startswith("6 of 6 records of courses bear the titles") for note in data.missing)
    assert course_record.by_module(read(settings, "scorm results.csv", RUN_TIME), settings).value is None


def test_statements_about_a_module_or_a_course_bear_their_titles(settings):
    about = ("http://lms.example/c/com.x.selling", "http://lms.example/launch/two/index.html?x=1", "http://y.example/z")
    listed = [
        statement(f"s{k}", "ann@x.example", "completed") | {"object": {"id": address}}
        for k, address in enumerate(about)
    ]
    packages = {"pricing.zip": package(V1_2), "selling.zip": package(V2004)}
    records = read(settings, "statements.json", json.dumps(listed), **packages).course_completions
    assert records.sort("completion_id").select("course_name", "module_name", "n_modules").rows() == [
        ("Selling", None, None),
        ("Pricing with care", "Discounts", 2),
        ("http://y.example/z", None, None),
    ]


def test_what_fits_two_courses_keeps_the_name_of_its_file():
    table = pl.concat([modules(package(m)) for m in (V1_2, V2004)])
    table = table.rename({words: name for name, words in scorm_manifest.COLUMNS.items()})
    rows = pl.DataFrame(
        {"course_name": [None, "Pricing with care", "Other"], "module_id": ["ITEM-1", "item-1", None]},
        schema_overrides={"module_id": pl.String},
    )
    out = course_names.named(rows, table, Findings())
    assert out.select("course_name", "module_name", "n_modules").rows() == [
        (None, None, None),
        ("Pricing with care", "List & floor prices", 2),
        ("Other", None, None),
    ]
    assert course_names.named(rows, None, Findings()) is rows
