"""Words for stages that every source shares."""

UNKNOWN_STAGE = "Not known"
