"""Writes the sample requirement lists in layouts of their own, out of the buyers' wordings.

Run: .venv/bin/python training/sample_lists.py

An RFP with title rows, section heads and a drop-down to answer in (XLSX), a questionnaire over two sheets after a
cover sheet (XLSX), and a flat list with tabs between its columns (TSV). Always the same for the same wordings.
"""

from __future__ import annotations

import csv
import random
from datetime import datetime
from typing import Any

import xlsxwriter
import yaml

from core.requirements.catalogue import capabilities
from core.requirements.work.sample_lists import FOLDER, WORDINGS

SEED = 23
ANSWERS = ["Compliant", "Partially compliant", "Roadmap", "Not compliant"]
TITLES = {
    "security": "Security",
    "functional": "Functions",
    "integration": "Interfaces",
    "compliance": "Legal and compliance",
    "performance": "Performance and availability",
    "support": "Support and services",
    "technical": "Technology",
}
PARTS = {"Security": ("security", "compliance"), "Operations": ("performance", "support", "technical")}
WHEN = datetime(2026, 5, 4)


def wanted() -> dict[str, list[str]]:
    """Return the wordings by category, in the order of the catalogue."""
    wordings = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    kinds = dict(capabilities.load().frame.select("capability_id", "category").iter_rows())
    out: dict[str, list[str]] = {}
    for name, lines in wordings.items():
        out.setdefault(kinds[name], []).extend(lines)
    return out


def book(name: str) -> xlsxwriter.Workbook:
    """Return an empty workbook whose time stands still."""
    made = xlsxwriter.Workbook(str(FOLDER / name))
    made.set_properties({"title": name.split(".", 1)[0].replace("_", " ").title(), "created": WHEN})
    return made


def head(sheet: Any, row: int, names: list[str], look: Any) -> None:
    """Write a header row."""
    for column, name in enumerate(names):
        sheet.write(row, column, name, look)


def northwind(lines: dict[str, list[str]], made: random.Random) -> None:
    """Write the RFP: a title over the columns, a head per section, a drop-down per row."""
    file = book("northwind_rfp.xlsx")
    bold, wrap = file.add_format({"bold": True, "bg_color": "#DDE5EA"}), file.add_format({"text_wrap": True})
    sheet = file.add_worksheet("Requirements")
    sheet.set_column(1, 1, 70)
    sheet.merge_range(0, 0, 0, 4, "Northwind Retail: request for proposal, customer platform", bold)
    sheet.write(1, 0, "Please answer in the columns Supplier response and Remarks only.")
    head(sheet, 3, ["No.", "Requirement", "Priority", "Supplier response", "Remarks"], bold)
    row = 4
    for part, (name, texts) in enumerate(lines.items(), 1):
        sheet.write(row, 0, f"{part} {TITLES[name]}", bold)
        row += 1
        for k, text in enumerate(texts, 1):
            sheet.write(row, 0, f"{part}.{k}")
            sheet.write(row, 1, text, wrap)
            sheet.write(row, 2, made.choices(["Must", "Should", "Could"], [5, 3, 2])[0])
            sheet.data_validation(row, 3, row, 3, {"validate": "list", "source": ANSWERS})
            row += 1
    file.close()


def orion(lines: dict[str, list[str]]) -> None:
    """Write the questionnaire: a cover sheet, then questions with yes or no over two sheets."""
    file = book("orion_questionnaire.xlsx")
    bold = file.add_format({"bold": True})
    cover = file.add_worksheet("Instructions")
    cover.write(0, 0, "Orion Health: questionnaire for suppliers", bold)
    cover.write(2, 0, "Answer each question with Yes, No or Partly, and explain.")
    for title, names in {
        "Security": ("security", "compliance"),
        "Operations": ("performance", "support", "technical"),
    }.items():
        sheet = file.add_worksheet(title)
        sheet.set_column(1, 1, 80)
        head(sheet, 0, ["ID", "Question", "Answer", "Explanation"], bold)
        texts = [text for name in names for text in lines[name]]
        for row, text in enumerate(texts, 1):
            sheet.write(row, 0, f"{title[:3].upper()}-{row:03}")
            sheet.write(row, 1, f"Do you meet this: {text[:1].lower()}{text[1:]}?")
            sheet.data_validation(row, 2, row, 2, {"validate": "list", "source": ["Yes", "No", "Partly"]})
    file.close()


def lakeside(lines: dict[str, list[str]], made: random.Random) -> None:
    """Write the flat list: shuffled, levels P1 to P4, tabs between the columns."""
    rows = [(TITLES[name], text) for name, texts in lines.items() for text in texts]
    made.shuffle(rows)
    with (FOLDER / "lakeside_requirements.tsv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, delimiter="\t", lineterminator="\n")
        write.writerow(["Key", "Area", "Description", "Level", "Vendor response"])
        for number, (area, text) in enumerate(rows, 1):
            write.writerow([f"LAKE-{number}", area, text, f"P{made.choices([1, 2, 3, 4], [4, 3, 2, 1])[0]}", ""])


def main() -> None:
    """Write the three."""
    made, lines = random.Random(SEED), wanted()
    northwind(lines, made)
    orion(lines)
    lakeside(lines, made)


if __name__ == "__main__":
    main()
