"""Rejected rows: what was not loaded, where it stood and why."""

from __future__ import annotations

import dataframely as dy


class Rejections(dy.Schema):
    """Grain: one rule broken by one row. `record` is the row as JSON, as it was read."""

    entity = dy.String(nullable=False)
    file = dy.String(nullable=False)
    sheet = dy.String(nullable=True)
    row = dy.Int64(nullable=True)
    column = dy.String(nullable=True)
    rule = dy.String(nullable=False)
    reason = dy.String(nullable=False)
    record = dy.String(nullable=True)
