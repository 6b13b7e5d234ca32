"""Products: what is sold, at what list price and cost."""

from __future__ import annotations

import dataframely as dy


class Products(dy.Schema):
    """Grain: one product. Prices and costs are per unit in the reporting currency."""

    product_id = dy.String(primary_key=True)
    product_name = dy.String(nullable=False)
    family = dy.String(nullable=False)
    list_price_amount = dy.Float64(nullable=True, min=0, allow_inf=False)
    unit_cost_amount = dy.Float64(nullable=True, min=0, allow_inf=False)
