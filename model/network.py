"""A network with its tokenizer: texts in, logits out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from abkit.core.errors import ArtifactError
from abkit.core.progress import SILENT, Progress
from abkit.model.batches import plan_batches, stack
from abkit.model.bilstm import BiLstm
from abkit.model.presets import ModelConfig
from abkit.model.text import normalise
from abkit.model.threads import torch_threads
from abkit.model.tokenizer import encode, tokenizer_size

Floats = npt.NDArray[np.float64]
Weights = Mapping[str, npt.NDArray[Any]]

SCORING_BATCH = 256  # rows; larger ones leave the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Weights and tokenizer of one config, as plain values; torch objects live in calls only."""

    config: ModelConfig
    tokenizer: str  # JSON
    weights: Weights  # float32

    def logits(
        self, texts: Sequence[str], *, progress: Progress = SILENT, description: str = "Scoring"
    ) -> Floats:
        """Return uncalibrated logits, shape (n, k), of any texts.

        Each distinct normal form is computed once, in batches that depend only on the set of
        texts, so the bytes repeat in any order of rows; another set moves a logit by rounding
        (below 1e-6) only.
        """
        forms = [normalise(text) for text in texts]
        distinct = sorted(set(forms))
        row_of = {form: row for row, form in enumerate(distinct)}
        ids = encode(self.tokenizer, distinct, max_tokens=self.config.max_tokens)
        lengths = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
        out = np.zeros((len(distinct), self.config.n_classes))
        batches = plan_batches(lengths, SCORING_BATCH)
        with torch_threads(self.config.threads), torch.inference_mode():
            model = self.module()
            for batch in progress.track(batches, description=description, total=len(batches)):
                out[batch] = model(stack(ids, batch)).double().numpy()
        return out[np.fromiter((row_of[form] for form in forms), dtype=np.int64, count=len(forms))]

    def module(self) -> BiLstm:
        """Return the torch module with these weights, in evaluation mode."""
        with torch.device("meta"):  # no initial weights: the caller's random state stays as it is
            model = BiLstm(self.config, vocabulary_size=tokenizer_size(self.tokenizer))
        state = {name: torch.from_numpy(np.array(value)) for name, value in self.weights.items()}
        try:
            model.load_state_dict(state, assign=True)
        except RuntimeError as error:
            raise ArtifactError(
                f"the weights do not fit the configuration: {error}", hint="train the model again"
            ) from error
        return model.eval()
