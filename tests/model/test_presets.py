"""Configs: validated at birth, round trip, unknown keys refused."""

import math

import pytest

from abkit.core.errors import ConfigError
from abkit.model.presets import YOUNGER, ModelConfig, preset


def test_presets() -> None:
    assert preset("compact", n_classes=2) == ModelConfig(n_classes=2)
    paper = preset("paper", n_classes=2)
    assert (paper.embedding_size, paper.hidden_size) == (1024, 128)
    assert preset("paper", n_classes=5).hidden_size == 512
    with pytest.raises(ConfigError, match="`preset` is `papr`") as caught:
        preset("papr", n_classes=2)
    assert caught.value.hint == "did you mean `paper`?"


def test_round_trip() -> None:
    config = ModelConfig(n_classes=5, gamma=3.0, patience=None, calibrator="platt")
    assert ModelConfig.from_dict(config.to_dict()) == config


def test_younger_fields_are_written_only_where_they_say_something() -> None:
    """So configs, digests and cache keys of models that do not use them stay what they were."""
    plain = ModelConfig(n_classes=2).to_dict()
    assert not YOUNGER & plain.keys()
    assert len(plain) == 17
    new = ModelConfig(
        n_classes=2, loss="flsd53", label_smoothing=0.1, schedule="constant", device="cuda"
    )
    assert new.to_dict().keys() == plain.keys() | YOUNGER
    assert ModelConfig.from_dict(new.to_dict()) == new


def test_unknown_and_absent_keys() -> None:
    plain = ModelConfig(n_classes=2).to_dict()
    with pytest.raises(ConfigError, match="unknown key `gama`") as caught:
        ModelConfig.from_dict(plain | {"gama": 1})
    assert caught.value.hint == "did you mean `gamma`?"
    del plain["seed"]
    with pytest.raises(ConfigError, match="missing keys `seed`"):
        ModelConfig.from_dict(plain)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_classes", 1),
        ("hidden_size", 0),
        ("batch_size", 0),
        ("epochs", 0),
        ("patience", 0),
        ("threads", 0),
        ("seed", -1),
        ("gamma", 0.5),
        ("learning_rate", 0),
        ("learning_rate", math.nan),
        ("dense_dropout", 1.0),
        ("embedding_dropout", -0.1),
        ("calibrator", "isotonik"),
        ("loss", "focall"),
        ("label_smoothing", 1.0),
        ("label_smoothing", -0.1),
        ("label_smoothing", math.nan),
        ("schedule", "cosine"),
        ("device", "auto"),
    ],
)
def test_outside_its_domain(name: str, value) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is"):
        ModelConfig(**{"n_classes": 2, name: value})
