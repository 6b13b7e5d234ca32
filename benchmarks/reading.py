"""How long reading and filling take, and how much memory: a 50 MB workbook, 50,000 rows, and bad files."""

from __future__ import annotations

import io
import multiprocessing
import random
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
WORDS = "the system must should report data user audit export keep show every change within region access".split()


def rows(count: int, words: int) -> list[list[str]]:
    """Return a list of requirements, each with its id and priority, and a column for the answer."""
    draw = random.Random(7)
    texts = [" ".join(draw.choices(WORDS, k=words)) for _ in range(count)]
    body = [[f"R-{n}", f"The system must {text}", draw.choice(["High", "Low"]), ""] for n, text in enumerate(texts)]
    return [["Id", "Requirement", "Priority", "Vendor response"], *body]


def workbook(count: int, words: int, picture: int = 0) -> bytes:
    """Return such a list as XLSX, with a picture of some bytes."""
    import xlsxwriter

    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = made.add_worksheet("Requirements")
    for number, row in enumerate(rows(count, words)):
        sheet.write_row(number, 0, row)
    made.close()
    if picture:
        with zipfile.ZipFile(target, "a") as packed:
            packed.writestr("xl/media/image9.png", random.Random(7).randbytes(picture))
    return target.getvalue()


def delimited(count: int, words: int) -> bytes:
    """Return such a list as CSV."""
    return "\n".join(";".join(row) for row in rows(count, words)).encode()


def bomb(part: str) -> bytes:
    """Return a workbook whose part unpacks to two gigabytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<a/>")
        with packed.open(part, "w", force_zip64=True) as flow:
            for _ in range(200):
                flow.write(b" " * (10 * 2**20))
    return target.getvalue()


def blank(count: int, cells: int) -> bytes:
    """Return a workbook with blank rows below its list, each with some formatted cells."""
    packed = workbook(20, 12)
    target = io.BytesIO()
    tail = "".join(
        f'<row r="{n}">' + "".join(f'<c r="{chr(65 + c)}{n}" s="0"/>' for c in range(cells)) + "</row>"
        for n in range(22, 22 + count)
    )
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            if part.endswith("sheet1.xml"):
                data = data.replace(b"</sheetData>", tail.encode() + b"</sheetData>")
            new.writestr(part, data)
    return target.getvalue()


def ledger(count: int) -> bytes:
    """Return a workbook that is no requirement list: bookings by date."""
    import xlsxwriter

    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = made.add_worksheet("Bookings")
    sheet.write_row(0, 0, ["Date", "Account", "Amount", "Region"])
    for n in range(1, count):
        sheet.write_row(n, 0, [f"2026-01-{n % 28 + 1:02d}", f"Account {n}", n * 1.5, "North"])
    made.close()
    return target.getvalue()


def peak_memory() -> float:
    """Return the most memory this process has held so far, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(
    name: str, content: bytes, fill: bool, results: multiprocessing.Queue[tuple[float, float, float, str]]
) -> None:
    """Read one file in a process of its own and say time, filling time, memory and outcome."""
    import polars as pl

    from core.contracts.errors import QuarterdeckError
    from core.requirements.export import filled_file as filling
    from core.requirements.read.requirement_list import read_list

    before = peak_memory()
    start = time.perf_counter()
    filled = 0.0
    try:
        requirements = read_list(content, name)
        outcome = requirements.sentence()
    except QuarterdeckError as error:
        requirements, outcome = None, str(error)
    took = time.perf_counter() - start
    peak = peak_memory() - before
    if fill and requirements is not None:
        answers = requirements.frame.select("sheet", "row", status=pl.lit("available"), capability=pl.lit("Vault"))
        start = time.perf_counter()
        outcome = filling.fill(requirements, answers).proof.sentence()
        filled = time.perf_counter() - start
    results.put((took, filled, peak, outcome))


def main() -> None:
    """Print the table."""
    cases: list[tuple[str, str, bytes, bool]] = [
        ("XLSX, 50,000 rows", "a.xlsx", workbook(50_000, 18), True),
        ("CSV, 50,000 rows", "a.csv", delimited(50_000, 18), True),
        ("XLSX, 49 MB with pictures, 5,000 rows", "a.xlsx", workbook(5_000, 18, 48 * 2**20), True),
        ("XLSX, 50,000 rows of 200 words", "a.xlsx", workbook(50_000, 200), False),
        ("CSV, 48 MB in 50,000 rows", "a.csv", delimited(50_000, 165), False),
        ("CSV, 48 MB, no list", "a.csv", b"a;b;c;d\n" + b"1;2;3;4\n" * 6_000_000, False),
        ("XLSX of 300,000 bookings, no list", "a.xlsx", ledger(300_000), False),
        ("A million blank rows", "a.xlsx", blank(1_000_000, 3), False),
        ("Zip bomb in a sheet", "a.xlsx", bomb("xl/worksheets/sheet1.xml"), False),
        ("Zip bomb in a picture", "a.xlsx", bomb("xl/media/image1.png"), False),
    ]
    print("| file | MB | read, s | fill, s | memory, MB | outcome |\n| --- | --- | --- | --- | --- | --- |")
    context = multiprocessing.get_context("spawn")
    for title, name, content, fill in cases:
        results = context.Queue()
        worker = context.Process(target=measure, args=(name, content, fill, results))
        worker.start()
        took, filled, peak, outcome = results.get()
        worker.join()
        shown = f"{filled:.1f}" if filled else ""
        print(
            f"| {title} | {len(content) / 2**20:.1f} | {took:.2f} | {shown} | {peak:,.0f} | {outcome[:110]} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
