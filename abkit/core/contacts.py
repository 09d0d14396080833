"""The contact log: one row per contact (DESIGN, section 3)."""

from typing import Final

import numpy as np
import pyarrow as pa

OUTCOMES: Final = ("resolved_by_bot", "resolved_by_agent", "abandoned_queue", "left_silently")
RESPONSES: Final = ("positive", "negative")
START: Final = np.datetime64("2024-01-01T00:00:00", "us")  # a Monday, UTC: simulated time 0

_WORD: Final = pa.dictionary(pa.int8(), pa.string())
_TIME: Final = pa.timestamp("us", tz="UTC")

CONTACT_SCHEMA: Final = pa.schema(
    [
        ("contact_id", pa.string()),
        ("customer_id", pa.string()),  # the randomisation unit: one arm, sticky over repeats
        ("issue_id", pa.string()),  # one matter; repeats share it
        ("attempt", pa.int16()),  # 1 for the first contact of an issue
        ("use_case", _WORD),
        ("arm", _WORD),
        ("started_at", _TIME),
        ("ended_at", _TIME),
        ("counted", pa.bool_()),  # started inside the counted days
        ("menu_reason", _WORD),  # selected by the customer
        ("assigned_reason", _WORD),  # believed by the bot
        ("text", pa.string()),  # null: no usable text; then score and flagged are null too
        ("score", pa.float64()),  # calibrated P(LABEL 0) at the golden prior, in both arms
        ("flagged", pa.bool_()),  # score >= threshold
        ("resolution", _WORD),  # what the bot offered; null: no offer
        ("accepted", pa.bool_()),  # null: no offer
        ("automated", pa.bool_()),  # accepted, and no human joined
        ("response", _WORD),  # one of RESPONSES; null: none given
        ("outcome", _WORD),  # one of OUTCOMES
        ("wait_s", pa.float64()),  # in the agent queue; null when no agent was asked for
        ("true_reason", _WORD),  # known to a simulation only; never read by the analysis
        ("true_hardness", pa.int8()),  # level 0 (easiest) to 4
    ]
)
