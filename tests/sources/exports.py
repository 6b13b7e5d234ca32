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

OPEN_STAGES = {
    "salesforce": ["Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review"],
    "hubspot": ["Appointment Scheduled", "Qualified To Buy", "Contract Sent"],
    "dynamics": ["1-Qualify", "2-Develop", "3-Propose"],
    "pipedrive": ["Qualified", "Demo Scheduled", "Proposal Made"],
    "zoho": ["Qualification", "Value Proposition", "Negotiation/Review"],
    "odoo": ["New", "Qualified", "Proposition"],
    "monday": ["Discovery", "Proposal", "Negotiation"],
    "german": ["Erstkontakt", "Angebot", "Verhandlung"],
    "french": ["Qualification", "Proposition envoyée", "Négociation"],
    "spanish": ["Contacto inicial", "Propuesta", "Negociación"],
    "plain": ["Discovery", "Proposal", "Negotiation"],
}
NAMES = ["Müller & Söhne", "Café Régal", "Peña, Ltda.", "Nordic Ål", "Plain Corp", 'The "Best" Co', "O'Neil", "Große Bäckerei"]
PEOPLE = ["Ann Lee", "José Peña", "Jürgen Groß", "Zoë Brown"]


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
    end: str  # open, won or lost


@dataclass(frozen=True)
class Company:
    deals: list[Deal]
    seed: int


def company(seed: int, n: int = 24) -> Company:
    """Return a company whose dates decide every column: some day is past the twelfth."""
    draw = random.Random(seed)
    deals = []
    for k in range(n):
        created = date(2024, 1, 1) + timedelta(days=draw.randrange(500))
        end = ["open", "won", "lost"][draw.randrange(3)] if k > 2 else ["open", "won", "lost"][k]
        close = created + timedelta(days=draw.randrange(5, 200))
        amount = None if draw.random() < 0.08 else round(draw.uniform(100, 250_000), draw.choice([0, 2]))
        deals.append(Deal(f"{k:04d}", f"Deal {k}", draw.randrange(8), draw.randrange(4), draw.randrange(3), amount, created, close, end))
    fixed = deals[0]
    deals[0] = Deal(fixed.id, fixed.name, fixed.account, fixed.owner, fixed.stage, 1234.5, date(2024, 3, 14), date(2024, 5, 25), "open")
    return Company(deals, seed)


def number(value: float | None, style: str) -> str:
    if value is None:
        return ""
    if style == "plain":
        return f"{value:.2f}"
    text = f"{value:,.2f}"
    swap = str.maketrans({",": ".", ".": ","})
    return {
        "english": text,
        "european": text.translate(swap),
        "french": text.translate(str.maketrans({",": "\u00a0", ".": ","})),
        "swiss": text.replace(",", "'"),
        "code": f"USD {text}",
        "sign": f"${text}",
        "euro": f"{text.translate(swap)} €",
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
    return value.strftime({
        "iso": "%Y-%m-%d", "stamp": "%Y-%m-%d 00:00:00", "zulu": "%Y-%m-%dT00:00:00.000Z", "offset": "%Y-%m-%dT09:30:00.000+0000",
        "german": "%d.%m.%Y", "uk": "%d/%m/%Y", "dash": "%d-%m-%Y", "short": "%d.%m.%y", "us2": "%m/%d/%y", "clock": "%Y-%m-%d %H:%M",
    }[style])


ENDED = {
    "salesforce": ("Closed Won", "Closed Lost"), "hubspot": ("Closed Won", "Closed Lost"), "zoho": ("Closed Won", "Closed Lost"),
    "monday": ("Won", "Lost"), "german": ("Gewonnen", "Verloren"), "french": ("Gagnée", "Perdue"), "spanish": ("Ganada", "Perdida"),
    "plain": ("Closed Won", "Closed Lost"), "odoo": ("Won", "New"),
}


def stage_of(deal: Deal, vendor: str) -> str:
    if deal.end == "open" or vendor in ("dynamics", "pipedrive") or (vendor == "odoo" and deal.end == "lost"):
        return OPEN_STAGES[vendor][deal.stage % len(OPEN_STAGES[vendor])]
    return ENDED[vendor][0 if deal.end == "won" else 1]


def rows_of(firm: Company, layout: str, dates: str, numbers: str) -> list[dict[str, str]]:
    """Return the deals' rows under the headers of a layout."""
    return [LAYOUTS[layout](deal, lambda v: day(v, dates), lambda v: number(v, numbers)) for deal in firm.deals]


def _flag(value: bool) -> str:
    return "true" if value else "false"


def salesforce_api(d, day_of, money):
    return {"Id": f"006A0000000{d.id}AAA", "IsDeleted": "false", "AccountId": f"001A0000000000{d.account}AAA", "Name": d.name,
            "StageName": stage_of(d, "salesforce"), "Amount": money(d.amount), "CloseDate": day_of(d.close), "OwnerId": f"005A0000000000{d.owner}AAA",
            "IsClosed": _flag(d.end != "open"), "IsWon": _flag(d.end == "won"), "CreatedDate": day_of(d.created), "Type": "New Business"}  # fmt: skip


def salesforce_report(d, day_of, money):
    return {"Opportunity Name": d.name, "Account Name": NAMES[d.account], "Opportunity Owner": PEOPLE[d.owner], "Stage": stage_of(d, "salesforce"),
            "Fiscal Period": "Q1-2024", "Amount": money(d.amount), "Probability (%)": "50", "Close Date": day_of(d.close), "Created Date": day_of(d.created),
            "Opportunity ID": f"006A0000000{d.id}"}  # fmt: skip


def hubspot_export(d, day_of, money):
    return {"Record ID": f"90{d.id}", "Deal Name": d.name, "Deal Stage": stage_of(d, "hubspot"), "Pipeline": "Sales Pipeline", "Amount": money(d.amount),
            "Close Date": day_of(d.close), "Create Date": day_of(d.created), "Deal owner": PEOPLE[d.owner], "Associated Company": NAMES[d.account]}  # fmt: skip


def hubspot_api(d, day_of, money):
    return {"hs_object_id": f"90{d.id}", "dealname": d.name, "dealstage": stage_of(d, "hubspot").replace(" ", "").lower(), "amount": money(d.amount),
            "closedate": day_of(d.close), "createdate": day_of(d.created), "hubspot_owner_id": str(d.owner), "hs_primary_associated_company": str(d.account),
            "hs_is_closed": _flag(d.end != "open"), "hs_is_closed_won": _flag(d.end == "won")}  # fmt: skip


def dynamics_excel(d, day_of, money):
    return {"(Do Not Modify) Opportunity": f"0a0b-{d.id}", "(Do Not Modify) Row Checksum": "x==", "Topic": d.name, "Potential Customer": NAMES[d.account],
            "Owner": PEOPLE[d.owner], "Pipeline Phase": stage_of(d, "dynamics"), "Status": {"open": "Open", "won": "Won", "lost": "Lost"}[d.end],
            "Est. revenue": money(d.amount), "Est. close date": day_of(d.close if d.end == "open" else d.close + timedelta(days=3)),
            "Actual Close Date": "" if d.end == "open" else day_of(d.close), "Actual Revenue": money(d.amount) if d.end == "won" else "",
            "Created On": day_of(d.created)}  # fmt: skip


def dynamics_api(d, day_of, money):
    return {"@odata.etag": 'W/"1"', "opportunityid": f"0a0b-{d.id}", "name": d.name, "_customerid_value": str(d.account), "_ownerid_value": str(d.owner),
            "stepname": stage_of(d, "dynamics"), "statecode": {"open": "0", "won": "1", "lost": "2"}[d.end], "estimatedvalue": money(d.amount),
            "estimatedclosedate": day_of(d.close), "actualclosedate": "" if d.end == "open" else day_of(d.close), "createdon": day_of(d.created)}  # fmt: skip


def pipedrive_export(d, day_of, money):
    return {"Deal - ID": str(int(d.id)), "Deal - Title": d.name, "Deal - Organization": NAMES[d.account], "Deal - Owner": PEOPLE[d.owner],
            "Deal - Stage": stage_of(d, "pipedrive"), "Deal - Status": {"open": "Open", "won": "Won", "lost": "Lost"}[d.end], "Deal - Value": money(d.amount),
            "Deal - Currency of value": "USD", "Deal - Deal created": day_of(d.created), "Deal - Expected close date": day_of(d.close) if d.end == "open" else "",
            "Deal - Won time": day_of(d.close) if d.end == "won" else "", "Deal - Lost time": day_of(d.close) if d.end == "lost" else ""}  # fmt: skip


def pipedrive_api(d, day_of, money):
    return {"id": str(int(d.id)), "title": d.name, "org_id": str(d.account), "owner_id": str(d.owner), "stage_id": stage_of(d, "pipedrive"), "pipeline_id": "1",
            "status": d.end, "value": money(d.amount), "currency": "USD", "add_time": day_of(d.created), "expected_close_date": day_of(d.close) if d.end == "open" else "",
            "close_time": "" if d.end == "open" else day_of(d.close), "is_deleted": "false"}  # fmt: skip


def zoho(d, day_of, money):
    return {"Record Id": f"zcrm_55{d.id}", "Deal Name": d.name, "Account Name.id": f"zcrm_{d.account}", "Account Name": NAMES[d.account], "Stage": stage_of(d, "zoho"),
            "Closing Date": day_of(d.close), "Amount": money(d.amount), "Deal Owner": PEOPLE[d.owner], "Created Time": day_of(d.created), "Type": "New Business"}  # fmt: skip


def odoo_fields(d, day_of, money):
    return {"id": f"__export__.crm_{d.id}", "name": d.name, "partner_id": NAMES[d.account], "user_id": PEOPLE[d.owner], "stage_id": stage_of(d, "odoo"),
            "expected_revenue": money(d.amount), "date_deadline": day_of(d.close), "date_closed": "" if d.end == "open" else day_of(d.close),
            "create_date": day_of(d.created), "active": "False" if d.end == "lost" else "True", "probability": {"open": "40.0", "won": "100.0", "lost": "0.0"}[d.end],
            "type": "opportunity"}  # fmt: skip


def monday(d, day_of, money):
    return {"Name": d.name, "Subitems": "", "Owner": PEOPLE[d.owner], "Accounts": NAMES[d.account], "Stage": stage_of(d, "monday"), "Deal Value": money(d.amount),
            "Expected Close Date": day_of(d.close), "Deal creation date": day_of(d.created), "Item ID (auto generated)": f"77{d.id}"}  # fmt: skip


def german(d, day_of, money):
    return {"Opportunitäts-ID": d.id, "Titel": d.name, "Firma": NAMES[d.account], "Verantwortlicher": PEOPLE[d.owner], "Vertriebsphase": stage_of(d, "german"),
            "Betrag": money(d.amount), "Erstellt am": day_of(d.created), "Abschlussdatum": day_of(d.close)}  # fmt: skip


def french(d, day_of, money):
    return {"Identifiant": d.id, "Nom de l'opportunité": d.name, "Nom du compte": NAMES[d.account], "Propriétaire": PEOPLE[d.owner], "Étape": stage_of(d, "french"),
            "Montant": money(d.amount), "Date de création": day_of(d.created), "Date de clôture": day_of(d.close)}  # fmt: skip


def spanish(d, day_of, money):
    return {"ID de oportunidad": d.id, "Nombre de la oportunidad": d.name, "Nombre de la cuenta": NAMES[d.account], "Propietario": PEOPLE[d.owner],
            "Etapa": stage_of(d, "spanish"), "Importe": money(d.amount), "Fecha de creación": day_of(d.created), "Fecha de cierre": day_of(d.close)}  # fmt: skip


def plain(d, day_of, money):
    return {"deal_id": d.id, "deal_name": d.name, "company": NAMES[d.account], "rep": PEOPLE[d.owner], "deal_stage": stage_of(d, "plain"), "deal_value": money(d.amount),
            "created_at": day_of(d.created), "close_date": day_of(d.close)}  # fmt: skip


LAYOUTS = {f.__name__: f for f in (salesforce_api, salesforce_report, hubspot_export, hubspot_api, dynamics_excel, dynamics_api, pipedrive_export,
                                   pipedrive_api, zoho, odoo_fields, monday, german, french, spanish, plain)}  # fmt: skip
VENDORS = {"salesforce_api": "Salesforce", "salesforce_report": "Salesforce", "hubspot_export": "HubSpot", "hubspot_api": "HubSpot", "dynamics_excel": "Dynamics 365",
           "dynamics_api": "Dynamics 365", "pipedrive_export": "Pipedrive", "pipedrive_api": "Pipedrive", "zoho": "Zoho CRM", "odoo_fields": "Odoo", "monday": "Monday.com"}  # fmt: skip
FILES = {"salesforce_api": "Opportunity", "salesforce_report": "report1700000000000", "hubspot_export": "hubspot-crm-exports-all-deals-2025-06-01", "hubspot_api": "deals",
         "dynamics_excel": "My Open Opportunities 6-1-2025 10-00-00 AM", "dynamics_api": "opportunities", "pipedrive_export": "deals-1234567-89", "pipedrive_api": "deals",
         "zoho": "Deals_001", "odoo_fields": "crm.lead", "monday": "Deals_1717171717", "german": "Verkaufschancen", "french": "affaires", "spanish": "oportunidades",
         "plain": "sales export"}  # fmt: skip


def delimited(rows: list[dict[str, str]], separator: str, encoding: str, above: list[str] | None = None, below: list[str] | None = None) -> bytes:
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


def packed(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def files_of(firm: Company, layout: str, dates: str, numbers: str, container: str, separator: str = ",", encoding: str = "utf-8") -> dict[str, bytes]:
    """Return the files of an export."""
    rows, name = rows_of(firm, layout, dates, numbers), FILES[layout]
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
        return {"export.zip": packed(f"{name}.csv", content)}
    return {f"{name}.csv": content}
