"""The Admin page: people, groups, roles, who waits, and the audit log."""
