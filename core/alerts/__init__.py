"""Told in time: rules over measures and events, a ledger of what was told to whom, and the ways messages go."""
