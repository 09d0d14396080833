"""Every number that makes a classifier, and the two named sets of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from abkit.core import checks
from abkit.core.errors import ConfigError, nearest, unknown_choice

CalibratorKind = Literal["none", "temperature", "platt", "vector", "isotonic"]
CALIBRATORS: Final = ("none", "temperature", "platt", "vector", "isotonic")
Loss = Literal["focal", "flsd53"]
LOSSES: Final = ("focal", "flsd53")
Schedule = Literal["decay", "constant"]
SCHEDULES: Final = ("decay", "constant")
Device = Literal["cpu", "cuda"]
DEVICES: Final = ("cpu", "cuda")
PRESETS: Final = ("compact", "paper")

# Fields younger than the first artifacts: at their default they are not written, so that a config
# that does not use them describes, hashes and reads as it did before they existed.
YOUNGER: Final = frozenset({"loss", "label_smoothing", "schedule", "device"})


def check_gamma(gamma: float) -> None:
    """Raise `ConfigError` unless gamma is 0 or at least 1 (NaN and infinity fail too)."""
    if not (gamma == 0 or 1 <= gamma < float("inf")):
        raise ConfigError(
            f"`gamma` is {gamma}; expected 0 (cross-entropy) or a number of at least 1",
            hint="between 0 and 1 the gradient of the focal loss is infinite at p = 1",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Sizes, regularisation and training of one classifier; equal configs train equal weights."""

    n_classes: int
    vocabulary_size: int = 4_000  # subwords
    max_tokens: int = 128  # a longer text is read up to here
    embedding_size: int = 96
    hidden_size: int = 48  # of each direction of each of the two LSTM layers
    dense_size: int = 48  # between the two dense layers
    token_dropout: float = 0.2  # whole tokens hidden while training; 0 in the paper
    embedding_dropout: float = 0.1
    dense_dropout: float = 0.2
    gamma: float = 1.0  # of the focal loss; 0 is cross-entropy
    learning_rate: float = 2e-3  # of Adam at its highest
    batch_size: int = 32
    epochs: int | None = None  # at most; None: 4 from 15,000 training texts on, up to 40 for fewer
    patience: int | None = 2  # epochs that may bring no better validation; None: no early stop
    calibrator: CalibratorKind = "platt"  # logged labels leak: a temperature cannot repair that
    threads: int = 1  # of torch; part of the config because sums depend on it in the last bits
    seed: int = 0
    loss: Loss = "focal"  # flsd53: gamma by sample, 5 or 3; then `gamma` is not read
    label_smoothing: float = 0.0  # share of a label spread evenly over all classes
    schedule: Schedule = "decay"  # of the learning rate: up, then down to 0; or the same throughout
    device: Device = "cpu"  # that trains; scores are always the CPU's

    def __post_init__(self) -> None:
        for name in ("vocabulary_size", "max_tokens", "embedding_size", "hidden_size"):
            checks.at_least(name, getattr(self, name), 1)
        for name in ("dense_size", "batch_size", "threads"):
            checks.at_least(name, getattr(self, name), 1)
        checks.at_least("n_classes", self.n_classes, 2)
        checks.at_least("seed", self.seed, 0)
        for name in ("token_dropout", "embedding_dropout", "dense_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"`{name}` is {getattr(self, name)}; expected a share in [0, 1)")
        checks.positive("learning_rate", self.learning_rate)
        check_gamma(self.gamma)
        for name in ("epochs", "patience"):
            if getattr(self, name) is not None:
                checks.at_least(name, getattr(self, name), 1)
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(
                f"`label_smoothing` is {self.label_smoothing}; expected a share in [0, 1)"
            )
        for name, allowed in (
            ("calibrator", CALIBRATORS),
            ("loss", LOSSES),
            ("schedule", SCHEDULES),
            ("device", DEVICES),
        ):
            if getattr(self, name) not in allowed:
                raise unknown_choice(name, getattr(self, name), allowed)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values, without `YOUNGER` ones at their default."""
        plain = {field.name for field in fields(self) if getattr(self, field.name) == field.default}
        return {name: v for name, v in asdict(self).items() if name not in plain & YOUNGER}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """Return the config that `to_dict` described; an unknown or absent key is refused."""
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise ConfigError(f"unknown key `{name}`", hint=nearest(name, known))
        if absent := [name for name in known if name not in YOUNGER and name not in values]:
            raise ConfigError("missing keys " + ", ".join(f"`{name}`" for name in absent))
        return cls(**values)


def preset(name: str, *, n_classes: int) -> ModelConfig:
    """Return a named config: `compact` (the default everywhere) or `paper`.

    `paper` has the sizes of the paper's section 3: embedding 1024, hidden layers 128 (two
    classes) or 512 (more). `compact` keeps the shape and is small enough for two CPU cores.

    Raises:
        ConfigError: The name is unknown, or `n_classes` < 2.
    """
    if name == "compact":
        return ModelConfig(n_classes=n_classes)
    if name == "paper":
        hidden = 128 if n_classes == 2 else 512
        return ModelConfig(
            n_classes=n_classes,
            vocabulary_size=6_000,
            embedding_size=1024,
            hidden_size=hidden,
            dense_size=hidden,
            token_dropout=0.0,
            learning_rate=1e-3,
            batch_size=64,
        )
    raise unknown_choice("preset", name, PRESETS)
