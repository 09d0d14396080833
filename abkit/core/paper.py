"""What the paper states: Wang et al., Calibrating Imbalanced Classifiers with Focal Loss."""

from types import MappingProxyType
from typing import Final

# Table 3, treatment minus control. "The relative numbers are reported": points or per cent is open.
TABLE_3: Final = MappingProxyType(
    {
        ("A", "AR"): 2.13,
        ("A", "PRR"): 3.18,
        ("A", "24RR"): -0.65,
        ("B", "AR"): 2.10,
        ("B", "PRR"): 0.97,
        ("B", "24RR"): -0.68,
        ("C", "AR"): 3.98,
        ("C", "PRR"): 12.85,
        ("C", "24RR"): -1.02,
    }
)

# Section 5.1: the audit after deployment, and the precision that the text gives beside its counts.
AUDIT_FLAGGED: Final = (384, 485)
AUDIT_UNFLAGGED: Final = (194, 200)
AUDIT_STATED_PRECISION: Final = "83.8"  # per cent, as printed; the counts say otherwise
