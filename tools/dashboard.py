"""Writes deploy/monitoring/grafana.json: run `python -m tools.dashboard` after changing the panels below."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "deploy" / "monitoring" / "grafana.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, COLUMNS = 8, 7, 24
PER_SECOND = "reqps"

# Row, then panels: title, unit, kind, and queries with their legends.
Panel = tuple[str, str, str, tuple[tuple[str, str], ...]]
ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Is all well?",
        (
            ("Error budget left, 30 days", "percentunit", "stat", (("quarterdeck:error_budget:left", ""),)),
            ("Replicas that are ready", "short", "stat", (("sum(min by (instance) (quarterdeck_ready))", ""),)),
            ("People with a page open", "short", "stat", (("sum(quarterdeck_sessions)", ""),)),
            (
                "Share that fails",
                "percentunit",
                "timeseries",
                (("quarterdeck:failed:ratio5m", "5 minutes"), ("quarterdeck:failed:ratio1h", "1 hour")),
            ),
            (
                "Errors told to people",
                "short",
                "timeseries",
                (("sum by (kind) (increase(quarterdeck_errors_total[5m]))", "{{kind}}"),),
            ),
            (
                "Checks that are not good",
                "short",
                "timeseries",
                (("1 - min by (check) (quarterdeck_ready)", "{{check}}"),),
            ),
        ),
    ),
    (
        "How quick is it?",
        (
            ("Pages, 95th percentile", "s", "timeseries", (("quarterdeck:page_seconds:p95", "{{page}}"),)),
            ("Sliders, 95th percentile", "s", "timeseries", (("quarterdeck:move_seconds:p95", "{{page}}"),)),
            (
                "Slowest cells, mean",
                "s",
                "timeseries",
                (
                    (
                        "topk(8, sum by (page, cell) (rate(quarterdeck_cell_seconds_sum[10m])) / "
                        "(sum by (page, cell) (rate(quarterdeck_cell_seconds_count[10m])) > 0))",
                        "{{page}}: {{cell}}",
                    ),
                ),
            ),
            (
                "Slider moves",
                PER_SECOND,
                "timeseries",
                (("sum by (page) (rate(quarterdeck_move_seconds_count[5m]))", "{{page}}"),),
            ),
            (
                "Requests",
                PER_SECOND,
                "timeseries",
                (("sum by (part, status) (rate(quarterdeck_http_requests_total[5m]))", "{{part}} {{status}}"),),
            ),
            (
                "Results that were in memory",
                "percentunit",
                "timeseries",
                (
                    (
                        'sum by (kind) (rate(quarterdeck_cache_lookups_total{outcome="hit"}[10m])) / '
                        "(sum by (kind) (rate(quarterdeck_cache_lookups_total[10m])) > 0)",
                        "{{kind}}",
                    ),
                ),
            ),
        ),
    ),
    (
        "What does it take?",
        (
            ("Memory", "bytes", "timeseries", (("process_resident_memory_bytes", "{{instance}}"),)),
            ("Processor", "short", "timeseries", (("rate(process_cpu_seconds_total[5m])", "{{instance}}"),)),
            ("Memory of results", "bytes", "timeseries", (("sum by (kind) (quarterdeck_cache_bytes)", "{{kind}}"),)),
            ("Results in memory", "short", "timeseries", (("sum by (kind) (quarterdeck_cache_entries)", "{{kind}}"),)),
            ("Free disk", "bytes", "timeseries", (("quarterdeck_disk_free_bytes", "{{instance}}"),)),
            ("Versions", "short", "table", (("count by (version) (quarterdeck_build_info)", "{{version}}"),)),
        ),
    ),
    (
        "Is what it shows up to date?",
        (
            (
                "Since connected systems were read",
                "s",
                "timeseries",
                (("max by (system) (quarterdeck_sync_age_seconds)", "{{system}}"),),
            ),
            ("Overdue syncs", "s", "timeseries", (("max by (system) (quarterdeck_sync_lag_seconds)", "{{system}}"),)),
            (
                "Age of models and their data",
                "d",
                "timeseries",
                (
                    ("min(quarterdeck_model_age_seconds) / 86400", "learnt"),
                    ("min(quarterdeck_data_age_days)", "data end"),
                ),
            ),
            (
                "How far chances were off",
                "percentunit",
                "timeseries",
                (("max by (model) (quarterdeck_model_calibration_error)", "{{model}}"),),
            ),
            (
                "Work that waits and runs",
                "short",
                "timeseries",
                (
                    ("max by (kind, state) (quarterdeck_jobs)", "{{kind}} {{state}}"),
                    ("max(quarterdeck_workers)", "workers"),
                    ("max by (kind) (quarterdeck_jobs_failed)", "{{kind}} given up"),
                ),
            ),
            ("Rows of the audit log", "short", "timeseries", (("max(quarterdeck_audit_head)", "newest row"),)),
        ),
    ),
)


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row, entries in ROWS:
        grid = {"h": 1, "w": COLUMNS, "x": 0, "y": top}
        panels.append({"id": len(panels) + 1, "type": "row", "title": row, "gridPos": grid, "collapsed": False})
        for number, entry in enumerate(entries):
            line, column = divmod(number, COLUMNS // WIDTH)
            at = {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": top + 1 + line * HEIGHT}
            panels.append(_panel(len(panels) + 1, entry, at))
        top += 1 + HEIGHT * -(-len(entries) * WIDTH // COLUMNS)
    choice = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "quarterdeck",
        "title": "Quarterdeck",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [choice]},
        "panels": panels,
    }


def _panel(number: int, entry: Panel, grid: dict[str, int]) -> dict[str, Any]:
    title, unit, kind, queries = entry
    return {
        "id": number,
        "type": kind,
        "title": title,
        "gridPos": grid,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": query, "legendFormat": legend}
            for n, (query, legend) in enumerate(queries)
        ],
    }


def text() -> str:
    """Return the file's text."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
