"""A run folder's world made again: the same customers, texts, scores and queue."""

from dataclasses import dataclass
from pathlib import Path

from abkit.core.errors import RunError
from abkit.core.progress import SILENT, Progress
from abkit.core.runs import Manifest, open_run
from abkit.model.artifact import Artifact, load
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.simulating import LOG, Experiment, default_model, prepare
from abkit.simulations.draws import Draws
from abkit.simulations.retold import moved
from abkit.simulations.world import Played, play


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedRun:
    """A run, and its world as it was played."""

    folder: Path
    made: Experiment
    played: Played

    @property
    def log(self) -> Path:
        """Return where the run's contact log is."""
        return self.folder / LOG

    @property
    def draws(self) -> Draws:
        """Return the run's draws."""
        return Draws(self.made.seed, 0)

    def moved(self, customer: int, arm: str, progress: Progress = SILENT) -> Played:
        """Return the world in which this customer alone is in another arm."""
        made = self.made
        return play(
            made.world, made.loop.supply, threshold=made.loop.threshold, weeks=made.weeks,
            seed=made.seed, alter=moved(customer, list(made.world.arms).index(arm)),
            progress=progress,
        )  # fmt: skip

    def artifact(self) -> Artifact | None:
        """Return the model that scored the texts; None: nobody types."""
        if self.made.loop.model is None:
            return None
        model = self.made.arguments["model"]
        return load(Path(model)) if model else default_model(self.made.world)


def replay(folder: Path, progress: Progress = SILENT) -> ReplayedRun:
    """Simulate a run's world again from its scenario, model, texts and seed.

    Raises:
        RunError: The folder is no whole run, or its model or texts are others now.
        ArtifactError: Its model cannot be used.
        DataError: Its texts cannot be used.
    """
    manifest = open_run(folder)
    asked = manifest.arguments
    made = prepare(
        weeks=asked["weeks"], scenario=folder / "scenario.toml", seed=manifest.seed,
        model=asked["model"] and Path(asked["model"]), threshold=asked["threshold"],
        texts=_texts(manifest), runs=folder.parent, progress=progress,
    )  # fmt: skip
    for name, digest in made.digests.items():
        if manifest.digests.get(name) != digest:
            raise RunError(
                f"run `{folder.name}` was made with another {name}: `{digest[:12]}` now, "
                f"`{manifest.digests.get(name, '')[:12]}` then",
                hint="simulate again, and explain a contact of that run",
            )
    played = play(
        made.world, made.loop.supply, threshold=made.loop.threshold, weeks=made.weeks,
        seed=made.seed, progress=progress,
    )  # fmt: skip
    return ReplayedRun(folder=folder, made=made, played=played)


def _texts(manifest: Manifest) -> LabelledTexts | None:
    """Return the user's texts that a run served; their columns stand in its command line."""
    if manifest.arguments["texts"] is None:
        return None
    words = manifest.command
    columns = {name: words[words.index(f"--{name}") + 1] for name in ("text", "reason", "label-0")}
    return LabelledTexts(
        Path(manifest.arguments["texts"]), columns["text"], columns["reason"], columns["label-0"]
    )
