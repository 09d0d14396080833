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

# Tables 1 and 2, by model and metric. The row that the paper calls NLL is kept under that name;
# whether it is one is another matter: see `reproduced.Floor`. What is bold there is not known.
TABLE_1: Final = MappingProxyType(
    {
        "CE": (0.836, 0.838, 0.823, 0.828, 2.159, 0.168, 0.720),
        "FL1": (0.824, 0.822, 0.814, 0.817, 1.438, 0.166, 0.730),
        "FL3": (0.831, 0.830, 0.821, 0.824, 0.608, 0.139, 0.236),
        "FL5": (0.834, 0.834, 0.823, 0.827, 0.258, 0.080, 0.134),
        "FL10": (0.816, 0.807, 0.805, 0.806, 0.178, 0.078, 0.143),
    }
)
TABLE_2: Final = MappingProxyType(  # its row of the MCE is not in the text
    {
        "CE": (0.751, 0.814, 0.757, 0.764, 0.599, 0.037, None),
        "FL1": (0.760, 0.807, 0.755, 0.760, 0.429, 0.023, None),
        "FL5": (0.751, 0.814, 0.757, 0.764, 0.309, 0.037, None),
    }
)
TABLE_METRICS: Final = ("accuracy", "precision", "recall", "f1", "nll", "ece", "mce")
GOLDEN_SIZES: Final = MappingProxyType({1: 1_013, 2: 1_839})  # annotated samples, section 3
GOLDEN_SHARE: Final = 0.42  # of LABEL 0: not stated, but the only count that Table 1 leaves open
THRESHOLD: Final = 0.512  # for 85 % precision, with FL1

# Section 5.1: the audit after deployment, and the precision that the text gives beside its counts.
AUDIT_FLAGGED: Final = (384, 485)
AUDIT_UNFLAGGED: Final = (194, 200)
AUDIT_STATED_PRECISION: Final = "83.8"  # per cent, as printed; the counts say otherwise
