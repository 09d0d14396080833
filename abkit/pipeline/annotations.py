"""What is truly LABEL 0, as somebody says: one label per distinct text of a sample."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from abkit.core.agreement import PairAgreement
from abkit.pipeline.sheets import ID, TEXT
from abkit.simulations.annotators import annotate

Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """One label per distinct text, given to every sampled contact that wrote it."""

    labels: Labels  # one per sampled contact, in their order
    annotators: str  # who answered, in words
    agreement: tuple[PairAgreement, ...] = ()


def label_contacts(contacts: pd.DataFrame, labels: Mapping[str, bool]) -> Labels:
    """Return each contact's label, which is that of its text."""
    return np.array([labels[text] for text in contacts[TEXT]], dtype=bool)


def simulated_annotations(
    contacts: pd.DataFrame,
    is_label_0: "pd.Series[bool]",
    *,
    error_rate: float,
    seed: int,
    precision: float,
) -> Annotations:
    """Have simulated annotators answer, who err on `error_rate` of the texts.

    They see what the first sampled contact of a text meant. Contacts are sampled at random, so the
    share of yes aims at the share of contacts that are LABEL 0, the errors aside.

    Args:
        contacts: The sampled contacts: columns `contact_id` and `text`.
        is_label_0: The truth, by contact id.
        error_rate: P(a label is wrong).
        seed: Of the errors.
        precision: The true one, to say what the errors make of it.
    """
    texts = contacts.drop_duplicates(TEXT)
    ids = texts[ID].tolist()
    labels = annotate(ids, is_label_0.loc[ids].to_numpy(), error_rate=error_rate, seed=seed)
    return Annotations(
        labels=label_contacts(contacts, dict(zip(texts[TEXT], labels.tolist(), strict=True))),
        annotators=f"simulated annotators who err on {100 * error_rate:g} % of texts"
        + _seen(precision, error_rate),
    )


def _seen(precision: float, error: float) -> str:
    """Return what the annotators' errors make of the true precision."""
    if not error:
        return ""
    seen = precision * (1 - error) + (1 - precision) * error
    return f": the true precision of {100 * precision:.1f} % shows as {100 * seen:.1f} %"
