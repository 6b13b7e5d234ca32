"""Engagement: mails, meetings and calls, read with consent, matched to deals, and what they come to."""
