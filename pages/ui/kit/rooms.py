"""The pages there are, by group: file, title and icon, in the order of the sidebar."""

from __future__ import annotations

ROOMS = {
    "Revenue": [
        ("app.py", "Executive", ":material/monitoring:"),
        ("pages/day.py", "My day", ":material/today:"),
        ("pages/pipeline.py", "Pipeline", ":material/filter_alt:"),
        ("pages/forecast.py", "Forecast", ":material/query_stats:"),
        ("pages/review.py", "Weekly review", ":material/checklist_rtl:"),
        ("pages/benchmarks.py", "Benchmarks", ":material/compare_arrows:"),
        ("pages/playbooks.py", "Playbooks", ":material/conversion_path:"),
        ("pages/scenarios.py", "Scenarios", ":material/tune:"),
        ("pages/territories.py", "Territories", ":material/map:"),
        ("pages/pay.py", "Plans and pay", ":material/payments:"),
        ("pages/digest.py", "Digest", ":material/mail:"),
        ("pages/alerts.py", "Alerts", ":material/notifications:"),
    ],
    "Customers": [
        ("pages/customers.py", "Customers", ":material/groups:"),
        ("pages/engagement.py", "Engagement", ":material/forum:"),
        ("pages/attribution.py", "Attribution", ":material/call_split:"),
    ],
    "Deals": [
        ("pages/leads.py", "Leads", ":material/person_search:"),
        ("pages/competitors.py", "Competitors", ":material/swords:"),
        ("pages/requirements.py", "Requirements", ":material/checklist:"),
        ("pages/project.py", "Project", ":material/group_work:"),
        ("pages/library.py", "Answer library", ":material/quick_reference_all:"),
        ("pages/catalogue.py", "Catalogue", ":material/inventory_2:"),
        ("pages/enablement.py", "Enablement", ":material/school:"),
    ],
    "Set-up": [
        ("pages/data.py", "Data", ":material/database:"),
        ("pages/models.py", "Models", ":material/verified:"),
        ("pages/admin.py", "Admin", ":material/admin_panel_settings:"),
        ("pages/help.py", "Help", ":material/help:"),
    ],
}
