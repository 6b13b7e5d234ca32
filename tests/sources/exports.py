"""A random company, and how several systems, languages and encodings would export it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import yaml

LAYOUTS = yaml.safe_load(Path(__file__).with_name("layouts.yaml").read_text(encoding="utf-8"))
STAGES = LAYOUTS.pop("stages")
NAMES = [
    "Müller & Söhne",
    "Café Régal",
    "Peña, Ltda.",
    "Nordic Ål",
    "Plain Corp",
    'The "Best" Co',
    "O'Neil",
    "Große Welt",
]
PEOPLE = ["Ann Lee", "José Peña", "Jürgen Groß", "Zoë Brown"]
ENDS = ("open", "won", "lost")
PATTERNS = {
    "iso": "%Y-%m-%d",
    "stamp": "%Y-%m-%d 00:00:00",
    "zulu": "%Y-%m-%dT00:00:00.000Z",
    "offset": "%Y-%m-%dT09:30:00.000+0000",
    "german": "%d.%m.%Y",
    "uk": "%d/%m/%Y",
    "dash": "%d-%m-%Y",
    "short": "%d.%m.%y",
    "us2": "%m/%d/%y",
    "clock": "%Y-%m-%d %H:%M",
}


@dataclass(frozen=True)
class Deal:
    id: str
    name: str
    account: int
    owner: int
    stage: int
    amount: float | None
    created: date
    close: date
    end: str


@dataclass(frozen=True)
class Company:
    deals: list[Deal]
    seed: int


def company(seed: int, n: int = 24) -> Company:
    """Return a company whose first deal decides how its columns are written: a day past the twelfth, and cents."""
    draw = random.Random(seed)
    deals = [Deal("0000", "Deal 0", 0, 0, 0, 1234.5, date(2024, 3, 14), date(2024, 5, 25), "open")]
    for k in range(1, n):
        created = date(2024, 1, 1) + timedelta(days=draw.randrange(500))
        close = created + timedelta(days=draw.randrange(5, 200))
        amount = None if draw.random() < 0.08 else round(draw.uniform(100, 250_000), draw.choice([0, 2]))
        picks = [draw.randrange(8), draw.randrange(4), draw.randrange(3)]
        end = ENDS[k] if k < 3 else draw.choice(ENDS)
        deals.append(Deal(f"{k:04d}", f"Deal {k}", *picks, amount, created, close, end))
    return Company(deals, seed)


def number(value: float | None, style: str) -> str:
    if value is None:
        return ""
    text = f"{value:,.2f}"
    swapped = text.translate(str.maketrans({",": ".", ".": ","}))
    return {
        "plain": f"{value:.2f}",
        "english": text,
        "european": swapped,
        "french": text.translate(str.maketrans({",": "\u00a0", ".": ","})),
        "swiss": text.replace(",", "'"),
        "code": f"USD {text}",
        "sign": f"${text}",
        "euro": f"{swapped} €",
    }[style]


def day(value: date, style: str) -> str:
    if style == "serial":
        return str((value - date(1899, 12, 30)).days)
    if style == "millis":
        return str(int((datetime(value.year, value.month, value.day) - datetime(1970, 1, 1)).total_seconds() * 1000))
    if style == "us":
        return f"{value.month}/{value.day}/{value.year}"
    if style == "named":
        return f"{value:%b} {value.day}, {value.year}"
    return value.strftime(PATTERNS[style])


def stage_of(deal: Deal, vendor: str) -> str:
    """Return the stage of a deal; some systems leave a closed deal where it was."""
    names = STAGES[vendor]
    ended = {"won": names[3:4], "lost": names[4:5]}.get(deal.end, [])
    return ended[0] if ended else names[deal.stage]


def fields(deal: Deal, vendor: str, dates: str, numbers: str) -> dict[str, str]:
    """Return everything a layout may show of a deal."""
    stage, close, amount = stage_of(deal, vendor), day(deal.close, dates), number(deal.amount, numbers)
    is_open = deal.end == "open"
    return {
        "sf18": f"006A0000000{deal.id}AAA",
        "sf15": f"006A0000000{deal.id}",
        "sf_account": f"001A0000000000{deal.account}AAA",
        "sf_owner": f"005A0000000000{deal.owner}AAA",
        "number": f"9{deal.id}",
        "zcrm": f"zcrm_55{deal.id}",
        "guid": f"0a0b-{deal.id}",
        "name": deal.name,
        "account": NAMES[deal.account],
        "account_no": f"a{deal.account}",
        "owner": PEOPLE[deal.owner],
        "owner_no": f"o{deal.owner}",
        "stage": stage,
        "stage_key": stage.replace(" ", "").lower(),
        "amount": amount,
        "won_amount": amount if deal.end == "won" else "",
        "created": day(deal.created, dates),
        "close": close,
        "late_close": close if is_open else day(deal.close + timedelta(days=3), dates),
        "open_close": close if is_open else "",
        "closed": "" if is_open else close,
        "won_close": close if deal.end == "won" else "",
        "lost_close": close if deal.end == "lost" else "",
        "is_closed": str(not is_open).lower(),
        "is_won": str(deal.end == "won").lower(),
        "status": deal.end.capitalize(),
        "status_word": deal.end,
        "status_no": str(ENDS.index(deal.end)),
        "active": str(deal.end != "lost"),
        "probability": {"open": "40.0", "won": "100.0", "lost": "0.0"}[deal.end],
    }


def rows_of(firm: Company, layout: str, dates: str, numbers: str) -> list[dict[str, str]]:
    """Return the deals' rows under the headers of a layout."""
    columns, vendor = LAYOUTS[layout]["columns"], LAYOUTS[layout]["stages"]
    every = [fields(deal, vendor, dates, numbers) for deal in firm.deals]
    return [{h: f[1:] if f.startswith("=") else row[f] for h, f in columns.items()} for row in every]


def delimited(
    rows: list[dict[str, str]],
    separator: str,
    encoding: str,
    above: list[str] | None = None,
    below: list[str] | None = None,
) -> bytes:
    text = io.StringIO()
    out = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    for line in above or []:
        out.writerow([line] if line else [])
    out.writerow(rows[0])
    out.writerows(list(row.values()) for row in rows)
    for line in below or []:
        out.writerow([line] if line else [])
    return text.getvalue().encode(encoding)


def workbook(sheets: dict[str, list[dict[str, str]]], above: int = 0) -> bytes:
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for k in range(above):
                sheet.write(k, 0, "A board" if k == 0 else "")
            sheet.write_row(above, 0, list(rows[0]))
            for k, row in enumerate(rows, above + 1):
                sheet.write_row(k, 0, list(row.values()))
    return target.getvalue()


def lines(rows: list[dict[str, str]]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def files_of(
    firm: Company,
    layout: str,
    dates: str,
    numbers: str,
    container: str,
    separator: str = ",",
    encoding: str = "utf-8",
) -> dict[str, bytes]:
    """Return the files of an export."""
    rows, name = rows_of(firm, layout, dates, numbers), LAYOUTS[layout]["file"]
    if container == "xlsx":
        return {f"{name}.xlsx": workbook({"Sheet1": rows}, above=2 if layout == "monday" else 0)}
    if container == "jsonl":
        return {f"{name}.jsonl": lines(rows)}
    if container == "json":
        return {f"{name}.json": json.dumps({"results": rows}, ensure_ascii=False).encode()}
    content = delimited(rows, separator, encoding)
    if container == "gz":
        return {f"{name}.csv.gz": gzip.compress(content)}
    if container == "zip":
        return {"export.zip": packed({f"{name}.csv": content})}
    return {f"{name}.csv": content}
