"""Exchange rates by date."""

from __future__ import annotations

import dataframely as dy


class ExchangeRates(dy.Schema):
    """Grain: one currency from a day on. `rate` is units of the currency for one of the corporate currency."""

    currency = dy.String(primary_key=True)
    valid_from = dy.Date(primary_key=True)
    rate = dy.Float64(nullable=False, min_exclusive=0, allow_inf=False)
