"""Connectors: systems asked for what has changed since, as YAML describes them; their clock is the caller's."""
