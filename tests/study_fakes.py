"""Outcomes of trainings that never were: logits drawn with a known overconfidence."""

import functools
from dataclasses import replace

import numpy as np

from abkit.core.reproduced import Reproduction
from abkit.core.study import SeedTime, Spent, Study, Times
from abkit.model.presets import preset
from abkit.pipeline.reproduce_claims import claims
from abkit.pipeline.reproduce_data import CLASSES, GOLDEN, SHARES
from abkit.pipeline.reproduce_floor import stated_floors
from abkit.pipeline.reproduce_job import NETWORKS, TRUTH, VALIDATION, Job, Outcome
from abkit.pipeline.reproduce_pictures import pictured
from abkit.pipeline.reproduce_tables import GAMMAS, paper_table

N_GOLDEN = 400


def outcome(table: int, gamma: float, seed: int, *, sharper: float) -> Outcome:
    """Texts whose true log-odds are drawn; the last network says `sharper` times those."""
    k = CLASSES[table]
    config = replace(preset("compact", n_classes=k), gamma=gamma, seed=seed, epochs=3)
    rng = np.random.default_rng(1_000 * table + seed)
    logits, labels = {}, {}
    for balance in GOLDEN:
        for purpose in ("calibrate", "report"):
            part = f"{purpose}-{balance}"
            true = rng.normal(size=(N_GOLDEN, k)) * 2
            true[:, 0] += 2 * (SHARES[balance] - 0.5)
            labels[part] = _drawn(true, rng)
            logits |= _said(part, true, sharper)
    true = rng.normal(size=(300, k)) * 2
    labels[TRUTH] = _drawn(true, rng)
    noise = rng.random(300) < 0.1
    labels[VALIDATION] = np.where(noise, (labels[TRUTH] + 1) % k, labels[TRUTH])
    logits |= _said(VALIDATION, true, sharper)
    network = {"epoch": 3, "training_accuracy": 0.99, "noise_learnt": 0.95}
    early = network | {"epoch": 1, "noise_learnt": 0.2}
    facts = {"last": network, "early": early, "logged": [20] * k, "wrong_labels": 0.1}
    job = Job(table=table, n_texts=800, config=config)
    return Outcome(job=job, facts=facts, logits=logits, labels=labels)


def _drawn(logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


def _said(part: str, true: np.ndarray, sharper: float) -> dict[str, np.ndarray]:
    said = dict(zip(NETWORKS, (true * sharper, true), strict=True))
    return {f"{network}/{part}": logits for network, logits in said.items()}


def by_seed(table: int, n_seeds: int) -> list[list[Outcome]]:
    """CE is 8 times as sharp as the truth, and each gamma less so; early is calibrated."""
    return [
        [outcome(table, g, seed, sharper=8 / (1 + 2 * i)) for i, g in enumerate(GAMMAS[table])]
        for seed in range(n_seeds)
    ]


@functools.cache  # made once for all who look at it
def reproduction(n_seeds: int = 3, tables: tuple[int, ...] = (1, 2)) -> Reproduction:
    """Everything but the training."""
    outcomes = {table: by_seed(table, n_seeds) for table in tables}
    found = tuple(
        paper_table(number, golden, outcomes[number], replications=100)
        for number in tables
        for golden in GOLDEN
    )
    study = Study(
        n_texts=800, epochs=3, seeds=tuple(range(n_seeds)), preset="compact", device="cpu",
        batch_size=128, learning_rate=2e-3, token_dropout=0.0,
        wrong_labels=dict.fromkeys(tables, (0.1,) * n_seeds), replications=100,
        confidence_level=0.95,
    )  # fmt: skip
    return Reproduction(
        study=study,
        tables=found,
        floors=tuple(floor for number in tables for floor in stated_floors(number)),
        claims=tuple(claim for number in tables for claim in claims(number, found)),
        pictured=tuple(pictured(number, outcomes[number][0]) for number in tables),
        times=Times(
            by_seed=tuple(
                SeedTime(seed=seed, n_trainings=8, n_timed=8, spent=Spent(cpu_s=90, wall_s=120))
                for seed in range(n_seeds)
            ),
            paper_epoch_cpu_s=dict.fromkeys(tables, 12.0),
        ),
    )
