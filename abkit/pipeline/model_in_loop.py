"""What scores the texts of a simulated world: a classifier, or nothing where nobody types."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress
from abkit.core.simulated import ModelInLoop, SimulatedArm, SimulatedDesign
from abkit.core.trained import loss_in_words
from abkit.model.artifact import Artifact
from abkit.pipeline.labelled import Labelled, LabelledTexts
from abkit.pipeline.supplies import generated_texts, own_texts, scored
from abkit.pipeline.threshold_choice import certified_beside, threshold_in_use
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply, empty_supply

NOTHING_FLAGGED: Final = 2.0  # no score reaches it


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The texts that customers type, scored, and the model's threshold."""

    supply: ScoredSupply
    threshold: float
    model: ModelInLoop | None  # None: nobody types
    texts: str  # where they come from, in words
    digests: dict[str, str]  # of model and texts, if there are any

    def arms(self, world: Scenario) -> tuple[SimulatedArm, ...]:
        """Return what each arm of the world does."""
        return tuple(
            SimulatedArm(
                arm=name,
                policy=arm.policy,
                weight=arm.weight,
                threshold=None if self.model is None else arm.flags_from(self.threshold),
                own_threshold=arm.threshold is not None,
            )
            for name, arm in world.arms.items()
        )

    @staticmethod
    def design(world: Scenario) -> SimulatedDesign:
        """Return how customers of the world come to their arm."""
        of = world.design
        return SimulatedDesign(kind=of.kind, block_h=of.block_h, control_weeks=of.control_weeks)


def has_texts(world: Scenario) -> bool:
    """Return whether anybody types, so that a classifier has something to do."""
    return world.customers.text_rate > 0


def without_texts(
    world: Scenario, *, model: Path | None, threshold: float | str | None, texts: object
) -> Loop:
    """Return the loop of a world in which nobody types.

    Raises:
        ConfigError: Something was asked for that only texts can use.
    """
    for name, value in (("model", model), ("threshold", threshold), ("texts", texts)):
        if value is not None:
            raise ConfigError(
                f"scenario `{world.name}` has `customers.text_rate` 0: nobody types, so that "
                f"`{name}` would do nothing",
                hint=f"leave `--{name}` out, or state a rate above 0",
            )
    return Loop(
        supply=empty_supply(),
        threshold=NOTHING_FLAGGED,
        model=None,
        texts="none, nobody types",
        digests={},
    )


def with_texts(
    world: Scenario,
    artifact: Artifact,
    *,
    threshold: float | str | None,
    source: LabelledTexts | None,
    labelled: Labelled | None,
    progress: Progress = SILENT,
) -> Loop:
    """Return the loop of a classifier that scores generated texts, or a user's own.

    Args:
        world: Whose customers type.
        artifact: The classifier.
        threshold: A number, `certified`, or None: the model's plug-in one.
        source: Whose texts; None: generated ones.
        labelled: What was read from `source`.
        progress: Shows the scoring.
    """
    in_loop = _facts(artifact, world, threshold)
    served = (
        own_texts(source, labelled, artifact) if source and labelled else generated_texts(progress)
    )
    return Loop(
        supply=scored(served, artifact, progress),
        threshold=in_loop.threshold,
        model=in_loop,
        texts=served.origin,
        digests={"model": artifact.digest, "texts": served.digest},
    )


def _facts(artifact: Artifact, world: Scenario, threshold: float | str | None) -> ModelInLoop:
    used, certified = threshold_in_use(artifact, threshold), artifact.certified
    return ModelInLoop(
        digest=artifact.digest,
        loss=loss_in_words(artifact.config.to_dict()),
        threshold=used.value,
        threshold_origin=used.origin,
        expected_precision=used.expected[0],
        expected_recall=used.expected[1],
        offline_precision=used.offline[0],
        offline_recall=used.offline[1],
        certified_threshold=None if certified is None else certified.threshold,
        certified_note=certified_beside(artifact),
        label_0_share=artifact.class_prior[0],
        served_label_0_share=float(world.served_prior()[0]),
    )
