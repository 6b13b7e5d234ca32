"""What rules over leads see: leads that are likely enough to become a deal to be called first."""

from __future__ import annotations

import polars as pl

from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground, Seen, Sight, address
from core.localization import message
from core.metrics.measure import percent
from core.models.leads import lead_scores

MOST = 100


def hot(rule: Rule, ground: Ground) -> Seen:
    """Return leads whose chance to become a deal within 90 days has reached the rule's limit, the likeliest first.

    None where no lead can be scored. The limit is in per cent; a lead that falls below it and reaches it again is told
    of again.
    """
    scored = ground.once((rule.kind,), lambda: lead_scores.scores(ground.data, ground.settings))
    if scored.race is None:
        return None
    rows = scored.frame.filter(pl.col("chance") * 100 >= rule.limit).head(MOST)
    return [
        Sight(
            f"lead {row['lead_id']}",
            "hot",
            message(
                "{lead} of {company} is likely to become a deal: {chance} against {usual} of the average lead. "
                "{reasons}",
                lead=row["lead_name"] or row["lead_id"],
                company=row["company"] or message("an unnamed company"),
                chance=percent(row["chance"]),
                usual=percent(row["usual_chance"]),
                reasons=row["reasons"],
            ),
            address("/leads", ground.scope, see="Which leads come first?"),
        )
        for row in rows.iter_rows(named=True)
    ]
