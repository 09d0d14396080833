"""A trained classifier as a folder: no code in it, whole or absent, every byte checked on loading.

Reading an artifact needs no torch; only scoring with it does.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from abkit.core.errors import AbkitError, ArtifactError
from abkit.core.store import digest_of, to_json
from abkit.model.calibration import Calibrator
from abkit.model.calibrators import read_calibrator
from abkit.model.certified_thresholds import CertifiedThreshold
from abkit.model.fresh_uses import FOLDER as FRESH
from abkit.model.golden_ledger import LabelSource, Ledger, from_tensors, to_facts, to_tensors
from abkit.model.presets import ModelConfig
from abkit.model.text import normalise, text_hashes
from abkit.model.thresholds import PlugInThreshold

FORMAT: Final = 2
MANIFEST: Final = "manifest.json"
FACTS: Final = "artifact.json"
WEIGHTS: Final = "weights.safetensors"
TOKENIZER: Final = "tokenizer.json"
SEEN: Final = "seen_texts.safetensors"
GOLDEN: Final = "golden.safetensors"
FILES: Final = (FACTS, GOLDEN, SEEN, TOKENIZER, WEIGHTS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Artifact:
    """Everything that a score rests on, as plain values."""

    config: ModelConfig
    class_names: tuple[str, ...]  # the first is LABEL 0, the one that is flagged
    calibrator: Calibrator
    threshold: PlugInThreshold
    certified: CertifiedThreshold | None  # None: there was no golden part to certify on
    golden: Ledger  # the parts calibrate, report and certify: scores, labels, hashes of texts
    class_prior: tuple[float, ...]  # class shares where calibrator and threshold were fitted
    label_source: LabelSource  # whose labels those were: annotators', or the logs' own
    metrics: Mapping[str, Any]  # by part; each says n and whose labels
    tokenizer: str  # JSON
    weights: Mapping[str, npt.NDArray[np.float32]]
    seen_texts: npt.NDArray[np.uint64]  # sorted hashes of every text that anything was fitted on

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, over the hashes of all files: equal only for equal artifacts."""
        return _digest(_files(self))

    def has_seen(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return which texts, in their normal form, weights, calibrator or threshold rest on."""
        return np.isin(text_hashes([normalise(text) for text in texts]), self.seen_texts)


def save(artifact: Artifact, folder: Path) -> Path:
    """Write the artifact to `folder` and return it; an artifact already there is replaced.

    The record of fresh parts (`fresh_uses`) stays with its model: only another one drops it.

    All files go to a temporary folder beside it, the manifest last, which is then renamed: after
    a kill at any moment the folder is the old artifact, the new one, or absent.

    Raises:
        ArtifactError: `folder` exists and is no artifact, or cannot be written.
    """
    contents = _files(artifact)
    manifest = {"format": FORMAT, "digest": _digest(contents), "files": _hashes(contents)}
    check_place(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir()
            for name, content in (*contents.items(), (MANIFEST, to_json(manifest).encode())):
                (new / name).write_bytes(content)
            if (folder / FRESH).is_dir() and _stated_digest(folder) == manifest["digest"]:
                shutil.copytree(folder / FRESH, new / FRESH)
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
    except OSError as error:
        raise ArtifactError(f"the model cannot be written to `{folder}`: {error}") from error
    return folder


def check_place(folder: Path) -> None:
    """Raise `ArtifactError` when `folder` holds something else than a model."""
    if folder.exists() and not (folder / MANIFEST).is_file() and not _is_empty(folder):
        raise ArtifactError(
            f"`{folder}` exists and holds something else than a model", hint="name another folder"
        )


def load(folder: Path) -> Artifact:
    """Read an artifact; every file's SHA-256 is checked first, and no code is run.

    Raises:
        ArtifactError: The folder is missing, incomplete, damaged, or of another format.
    """
    contents = _checked_files(folder)
    try:
        facts = json.loads(contents[FACTS])
        return Artifact(
            config=ModelConfig.from_dict(facts.pop("config")),
            class_names=tuple(facts.pop("class_names")),
            calibrator=read_calibrator(facts.pop("calibrator")),
            threshold=PlugInThreshold.from_dict(facts.pop("threshold")),
            certified=None
            if (certified := facts.pop("certified")) is None
            else CertifiedThreshold.from_dict(certified),
            golden=from_tensors(facts.pop("golden"), safetensors.load(contents[GOLDEN])),
            class_prior=tuple(facts.pop("class_prior")),
            label_source=facts.pop("label_source"),
            metrics=facts.pop("metrics"),
            tokenizer=contents[TOKENIZER].decode(),
            weights=safetensors.load(contents[WEIGHTS]),
            seen_texts=safetensors.load(contents[SEEN])["hashes"],
            **facts,  # nothing is left of a sound file; an unknown key is refused here
        )
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError, AbkitError) as error:
        raise _damaged(folder, f"its contents make no model: {error}") from error


def _files(artifact: Artifact) -> dict[str, bytes]:
    """Return the content of every file but the manifest: a function of the artifact alone."""
    facts = {
        "config": artifact.config.to_dict(),
        "class_names": list(artifact.class_names),
        "calibrator": artifact.calibrator.to_dict(),
        "threshold": artifact.threshold.to_dict(),
        "certified": None if artifact.certified is None else artifact.certified.to_dict(),
        "golden": to_facts(artifact.golden),
        "class_prior": list(artifact.class_prior),
        "label_source": artifact.label_source,
        "metrics": dict(artifact.metrics),
    }
    weights = {name: np.ascontiguousarray(value) for name, value in artifact.weights.items()}
    return {
        FACTS: to_json(facts).encode(),
        GOLDEN: safetensors.save(to_tensors(artifact.golden)),
        SEEN: safetensors.save({"hashes": artifact.seen_texts}),
        TOKENIZER: artifact.tokenizer.encode(),
        WEIGHTS: safetensors.save(weights),
    }


def _checked_files(folder: Path) -> dict[str, bytes]:
    """Return the files' contents, all of them as the manifest describes them."""
    if not folder.is_dir():
        raise ArtifactError(
            f"there is no model in `{folder}`", hint="`abkit train` makes one; or check the path"
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        contents = {name: (folder / name).read_bytes() for name in FILES}
    except FileNotFoundError as error:
        raise _damaged(folder, f"`{Path(str(error.filename)).name}` is missing") from error
    except (OSError, ValueError) as error:
        raise _damaged(folder, f"it cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        got = manifest.get("format") if isinstance(manifest, dict) else None
        raise _damaged(folder, f"its format is {got!r}; this version reads {FORMAT}")
    listed = manifest.get("files")
    for name, digest in _hashes(contents).items():
        if not isinstance(listed, dict) or listed.get(name) != digest:
            raise _damaged(folder, f"`{name}` is not the file that was saved")
    return contents


def _stated_digest(folder: Path) -> str | None:
    """Return the digest that a folder's manifest states; None when there is none to read."""
    try:
        return str(json.loads((folder / MANIFEST).read_bytes())["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _hashes(contents: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(content).hexdigest() for name, content in contents.items()}


def _digest(contents: Mapping[str, bytes]) -> str:
    return digest_of({"format": FORMAT, "files": _hashes(contents)})


def _damaged(folder: Path, what: str) -> ArtifactError:
    return ArtifactError(
        f"the model in `{folder}` cannot be used: {what}",
        hint="delete the folder and train again, or copy it anew",
    )


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())
