"""A company of three accounts with its mails, written out as the files they come in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest

from core.config import load
from core.interactions import intake, interaction_view
from core.store import Store
from tests.metrics.companies import company, deal

AS_OF = date(2026, 5, 15)
NOW = datetime(2026, 5, 15, 18, tzinfo=UTC)
ANA, BO, CY = "ana@north.example", "bo@north.example", "cy@south-sea.example"
REP = "rita.rep@ours.example"


def mail(at, sender, to, number, answers="", **headers):
    """Return one mail of an mbox; `at` is day of May and hour."""
    day, hour = at
    lines = {
        "From": sender,
        "To": to,
        "Date": format_datetime(datetime(2026, 5 if day > 0 else 4, day if day > 0 else 30 + day, hour, tzinfo=UTC)),
        "Message-ID": f"<{number}@x>",
        "Subject": "The secret offer",
        **({"References": f"<{answers}@x>"} if answers else {}),
        **headers,
    }
    head = "\n".join(f"{name}: {value}" for name, value in lines.items())
    return f"From {sender} Fri May 01 10:00:00 2026\n{head}\n\nThe secret words.\n\n".encode()


def frames():
    return {
        "accounts": [
            {"account_id": "N", "account_name": "North Ltd", "region": "EMEA"},
            {"account_id": "S", "account_name": "South Sea AG", "region": "APAC"},
        ],
        "opportunities": [
            deal(
                "n1",
                account_id="N",
                owner_id="R1",
                opportunity_name="North one",
                amount=100.0,
                created_on=date(2026, 1, 1),
            ),
            deal(
                "n2",
                account_id="N",
                owner_id="R2",
                opportunity_name="North two",
                amount=50.0,
                created_on=date(2026, 1, 1),
            ),
            deal(
                "s1",
                account_id="S",
                owner_id="R1",
                opportunity_name="South one",
                amount=70.0,
                created_on=date(2026, 1, 1),
            ),
        ],
        "sales_team": [
            {"rep_id": "R1", "rep_name": "Rita Rep", "role": "rep", "region": "EMEA", "valid_from": date(2020, 1, 1)},
            {"rep_id": "R2", "rep_name": "Sam Rep", "role": "rep", "region": "APAC", "valid_from": date(2020, 1, 1)},
        ],
        "contacts": [
            {"contact_id": "k1", "account_id": "N", "contact_name": "Ana North", "title": "CFO", "email": ANA},
            {"contact_id": "k2", "account_id": "N", "contact_name": "Bo North", "title": "Analyst", "email": BO},
        ],
    }


@pytest.fixture
def firm():
    return company(AS_OF, **frames())


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "q.yaml").write_text("engagement: {own_domains: [ours.example]}\n")
    return load(tmp_path / "q.yaml", {"QUARTERDECK_HOME": str(tmp_path)})


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}", lambda: NOW)
    yield store
    store.close()


@pytest.fixture
def engaged(firm, settings, store):
    """Take an mbox in and return what is seen of it."""

    def take(*mails, name="all.mbox", seen=None, **options):
        intake.take_files([(name, b"".join(mails))], firm, settings, store, "test", **options)
        return interaction_view.of(seen or firm, settings, store)

    return take


def with_rules(settings, **rules):
    return settings.model_copy(update={"engagement": settings.engagement.model_copy(update=rules)})
