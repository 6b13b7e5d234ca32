"""The ways messages go: mail, Slack, Teams, webhooks, and Apprise for the rest."""
