"""What rules over mails, meetings and calls see: customers that have gone quiet against their own rhythm."""

from __future__ import annotations

import polars as pl

from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground, Seen, Sight, address
from core.interactions import interaction_view, quiet_deals
from core.localization import message


def quiet(rule: Rule, ground: Ground) -> Seen:
    """Return open deals whose customer has gone quiet; None where no mail, meeting or call is known."""
    data, settings = ground.data, ground.settings
    interactions = interaction_view.of(data, settings, ground.store)
    if interactions.is_empty:
        return None
    rows = quiet_deals.quiet(data, settings, interactions).frame.filter("is_quiet")
    large = rows.filter(pl.col("amount").fill_null(0) >= rule.limit) if rule.limit else rows
    return [
        Sight(
            str(row["opportunity_id"]),
            str(row["last_on"]),
            message(
                "{deal}: the customer has been silent for {silent_days:,} working days; before, they "
                "wrote or met every {usual_gap:.1f}.",
                deal=row["deal"],
                silent_days=row["silent_days"],
                usual_gap=row["usual_gap"],
            ),
            address("/deal", ground.scope, id=row["opportunity_id"], see="Deal overview"),
            row["amount"],
            str(row["deal"]),
        )
        for row in large.iter_rows(named=True)
    ]
