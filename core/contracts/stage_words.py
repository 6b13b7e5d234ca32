"""Words for stages that every source shares."""

from core.contracts.constants import NOT_KNOWN

UNKNOWN_STAGE = NOT_KNOWN
