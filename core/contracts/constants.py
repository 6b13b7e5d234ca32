"""Words and numbers that several rooms share, each written once."""

from __future__ import annotations

NOT_KNOWN = "Not known"
SEVERITIES = ("blocker", "major", "moderate", "minor")
SEVERITY_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}
# Half the width, in standard deviations, of the middle four fifths of a normal distribution: its 90 % quantile.
Z80 = 1.2815515655446004
