"""Engagement by the command, the worker, the alert and the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from core import engagement_commands
from core.alerts import engagement_alerts
from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground
from core.contracts.errors import ConfigError, SourceError
from core.jobs import mailbox_job, schedule
from core.store.jobs import JobQueue
from tests.interactions.conftest import ANA, CY, NOW, REP, mail, with_rules


def ground(data, settings, store):
    return Ground(data, settings, store, None, "", {})


def test_the_alert_tells_of_customers_gone_quiet(firm, settings, store, engaged):
    assert engagement_alerts.quiet(Rule("", "", "quiet_in_mail"), ground(firm, settings, store)) is None
    engaged(*(mail((-n, 9), ANA, REP, n) for n in range(18, 29)))
    (sight,) = engagement_alerts.quiet(Rule("", "", "quiet_in_mail"), ground(firm, settings, store))
    assert sight.sentence.startswith("North one: the customer has been silent for ")
    assert engagement_alerts.quiet(Rule("", "", "quiet_in_mail", limit=1e6), ground(firm, settings, store)) == []


def test_the_worker_asks_for_the_mailbox_when_its_time_has_come(settings, store):
    queue = store.jobs
    assert not mailbox_job.is_due(settings, queue, NOW)
    box = settings.engagement.imap.model_copy(update={"host": "h", "every_minutes": 30})
    due = with_rules(settings, imap=box)
    assert mailbox_job.is_due(due, queue, NOW)
    assert mailbox_job.MAILBOX in schedule.ask_due(due, queue, lambda: NOW, NOW)
    assert isinstance(queue, JobQueue)
    assert not mailbox_job.is_due(due, queue, NOW + timedelta(minutes=29))
    assert mailbox_job.is_due(due, queue, NOW + timedelta(minutes=31))


def test_the_command_takes_in_forgets_and_tidies(firm, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("core.config.load", lambda: settings)
    monkeypatch.setattr("core.sources.load_data", lambda _: firm)
    file = tmp_path / "box.mbox"
    file.write_bytes(mail((4, 9), ANA, REP, 1) + mail((5, 9), CY, REP, 2) + mail((5, 9), REP, REP, 3))
    run = CliRunner().invoke
    out = run(engagement_commands.app, ["take", str(file)]).output
    assert "2 mails, meetings and calls new" in out
    assert "among yourselves" in out
    assert "mails, meetings and calls: 1" in run(engagement_commands.app, ["forget", ANA, "--yes"]).output
    assert "0 deleted for want of consent" in run(engagement_commands.app, ["tidy"]).output
    assert isinstance(run(engagement_commands.app, ["fetch"]).exception, ConfigError)
    assert isinstance(run(engagement_commands.app, ["take", str(tmp_path / "none")]).exception, SourceError)
    monkeypatch.setattr("core.sources.loading.load_sample", lambda _: firm)
    assert "invented files written" in run(engagement_commands.app, ["sample", str(tmp_path / "out")]).output
    assert (tmp_path / "out" / "mailbox.mbox").is_file()
    assert isinstance(run(engagement_commands.app, ["sample", str(file)]).exception, SourceError)


def test_the_job_fetches_and_tidies(firm, settings, store, monkeypatch):
    from core.interactions import mailbox_fetch
    from core.interactions.intake import Intake
    from core.store.interaction_records import Added

    monkeypatch.setattr("core.sources.load_data", lambda _: firm)
    monkeypatch.setattr(mailbox_fetch, "fetch", lambda *_: Intake(Added(2, 1), ()))
    own = settings.model_copy(update={"database_url": str(store.engine.url)})
    sentence = mailbox_job.fetch(own, lambda *_: None, "schedule")
    assert sentence.startswith("2 mails, meetings and calls new; 1 there before. 0 deleted for want of consent")


@pytest.mark.parametrize("word", ["secret", "${}x", "$NAME"])
def test_a_password_stands_in_no_settings_file(word):
    from core.config.settings import MailboxSettings

    with pytest.raises(ValueError, match="must name a secret"):
        MailboxSettings(password=word)
