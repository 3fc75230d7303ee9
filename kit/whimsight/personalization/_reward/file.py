"""A reward as one JSON file: numbers as JSON, matrices as base64 of float32, nothing that could run.

=================  ===========================================================================
key                holds
=================  ===========================================================================
``format`` ...     ``"whimsight-reward"``, ``schema`` (1), ``whimsight`` (the version that wrote it)
``title`` ...      whom the weights stand for; ``stated``, which features are personal; ``intercept``
``study``          name and fingerprint of the study
``features``       one object a feature: id, kind, name, weight, unit, polarity, and sd where known
``covariance``     of the weights: the upper triangle, row after row, where they are correlated
``attributes``     what is measured: id and scale
``discovered``     encoder, threshold, residual, template, embedder, factors; null without such features
=================  ===========================================================================

A matrix is ``{"shape": [rows, columns], "float32": base64}``, row after row, little endian. No text of the dataset and
no annotator's id is in it, but for what the title says.
"""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from whimsight.errors import StudyFileError
from whimsight.files import as_path, atomic_write
from whimsight.personalization._reward.check import Fields, matrix, written
from whimsight.personalization._reward.embedder import EmbedderNote
from whimsight.personalization.scoring import Coder
from whimsight.studies.paths import no_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from whimsight.personalization.reward import Reward

__all__ = ["SCHEMA", "from_json", "open_reward", "save", "to_json"]

SCHEMA: Final = 1
"""Version of the file's layout."""

_FORMAT = "whimsight-reward"
_MOST_BYTES = 64 * 2**20
_MOST_FEATURES = 4_096


def to_json(reward: Reward) -> str:
    """Return a reward as JSON."""
    coder, sd = reward.coder, reward.sd
    features = [
        {"id": i, "kind": kind, "name": name, "weight": float(w), "unit": float(u), "polarity": int(p)}
        for i, kind, name, w, u, p in zip(
            reward.ids, reward.kinds, reward.names, reward.weights, reward.unit, coder.polarity, strict=True
        )
    ]
    for feature, spread in zip(features, [] if sd is None else sd, strict=False):
        feature["sd"] = float(spread)
    content = {
        "format": _FORMAT,
        "schema": SCHEMA,
        "whimsight": reward.origin.whimsight,
        "title": reward.title,
        "stated": reward.stated,
        "study": {"name": reward.origin.study, "fingerprint": reward.origin.fingerprint},
        "intercept": reward.intercept,
        "features": features,
        "covariance": _triangle(reward.covariance),
        "attributes": [
            {"id": i, "scale": float(scale)} for i, scale in zip(coder.attributes, coder.scale, strict=True)
        ],
        "discovered": _discovered(reward),
    }
    return json.dumps(content, allow_nan=False, indent=1)


def from_json(cls: type[Reward], text: str | bytes) -> Reward:
    """Read what `to_json` wrote; see `Reward.from_json`."""
    try:
        return _read(cls, text)
    except StudyFileError as error:
        raise StudyFileError(f"This is not a reward that can be read: {error}") from error
    # Whatever a hostile text makes fail, whoever reads it needs one kind of error.
    except Exception as error:
        raise StudyFileError(
            f"This is not a reward that can be read: {type(error).__name__}: {str(error)[:200]}."
        ) from error


def open_reward(cls: type[Reward], path: str | Path) -> Reward:
    """Read a file; see `Reward.open`."""
    source = as_path(path, "a reward, such as 'me.json'", StudyFileError)
    try:
        about = source.stat()
        if not stat.S_ISREG(about.st_mode):
            raise StudyFileError("it is not a file.")
        if about.st_size > _MOST_BYTES:
            raise StudyFileError(f"it has {about.st_size:,} bytes; a reward has {_MOST_BYTES:,} at most.")
        with source.open("rb") as file:
            return _read(cls, file.read(_MOST_BYTES + 1))
    except (FileNotFoundError, NotADirectoryError):
        raise StudyFileError(no_file(source)) from None
    except StudyFileError as error:
        raise StudyFileError(f"Cannot open {source.name!r}: {error}") from error
    except Exception as error:
        raise StudyFileError(
            f"Cannot open {source.name!r}: it cannot be read as a reward ({type(error).__name__}: {str(error)[:200]}). "
            "Restore it from a copy, or make it again."
        ) from error


def save(reward: Reward, path: str | Path) -> Path:
    """Write a file; see `Reward.save`."""
    target = as_path(path, "where to save the reward, such as 'me.json'", StudyFileError)
    data = to_json(reward).encode()
    try:
        if target.is_dir():
            raise StudyFileError(
                f"Cannot save the reward to {target.name!r}: it is a folder. Give a file name."
            )
        atomic_write(target, data)
    except OSError as error:
        raise StudyFileError(
            f"Cannot save the reward to {target.name!r}: {error.strerror or error}. It needs {len(data):,} bytes in an "
            "existing folder that you may write to. What was there is intact."
        ) from error
    return target


def _triangle(covariance: NDArray[np.float64] | None) -> dict[str, Any] | None:
    if covariance is None or not (covariance - np.diag(np.diag(covariance))).any():
        return None
    return written(covariance[np.triu_indices(covariance.shape[0])])


def _discovered(reward: Reward) -> dict[str, Any] | None:
    coder, needs = reward.coder, reward.needs
    if needs is None:
        return None
    return {
        "embedder": {"name": needs.name, "windows": needs.windows, "fingerprint": needs.fingerprint},
        "template": coder.template,
        "threshold": coder.threshold,
        "encoder": written(coder.encoder),
        "residual": None if coder.residual is None else written(coder.residual),
        "factors": coder.factors,
    }


def _read(cls: type[Reward], text: str | bytes) -> Reward:
    from whimsight.personalization.reward import Origin

    top = Fields(_parsed(text), "the reward")
    _check_schema(top)
    features = top.objects("features", most=_MOST_FEATURES)
    ids = tuple(one.text("id") for one in features)
    if len(set(ids)) != len(ids):
        raise StudyFileError("it names a feature twice.")
    kinds = tuple(one.choice("kind", ("discovered", "measured")) for one in features)
    study = top.object("study")
    needs, coder = _coder(
        top, ids, kinds, np.array([one.sign("polarity") for one in features], dtype=np.float32)
    )
    return cls(
        title=top.text("title"),
        ids=ids,
        kinds=kinds,
        names=tuple(one.text("name") for one in features),
        weights=np.array([one.number("weight") for one in features], dtype=np.float64),
        covariance=_covariance(top, features),
        unit=np.array([one.number("unit", least=0.0) for one in features], dtype=np.float64),
        intercept=top.number("intercept"),
        stated=top.text("stated"),
        coder=coder,
        needs=needs,
        origin=Origin(study.text("name"), study.text("fingerprint"), top.text("whimsight")),
    )


def _parsed(text: str | bytes) -> Any:
    def refuse(name: str) -> None:
        raise StudyFileError(f"it holds {name}, which JSON does not have.")

    if len(text) > _MOST_BYTES:
        raise StudyFileError(f"it has {len(text):,} characters; a reward has {_MOST_BYTES:,} at most.")
    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise StudyFileError("its JSON is nested too deeply.") from None
    except ValueError as error:
        raise StudyFileError(f"it is not JSON, or was cut short ({error}).") from None


def _check_schema(top: Fields) -> None:
    if top.text("format") != _FORMAT:
        raise StudyFileError("it does not say that it is a Whimsight reward.")
    schema = top.whole("schema")
    if schema < 1:
        raise StudyFileError(f"its schema version is {schema}, which is no version.")
    if schema > SCHEMA:
        import whimsight

        wrote = top.text("whimsight")[:40]
        raise StudyFileError(
            f"Whimsight {wrote} wrote it with schema {schema}; this is Whimsight {whimsight.__version__}, which reads "
            f"schemas up to {SCHEMA}. Install Whimsight {wrote} or later: pip install -U whimsight."
        )


def _covariance(top: Fields, features: list[Fields]) -> NDArray[np.float64] | None:
    known = [one for one in features if one.has("sd")]
    if not known:
        return None
    if len(known) != len(features):
        raise StudyFileError("only some of its features have an sd.")
    n = len(features)
    sd = np.array([one.number("sd", least=0.0) for one in features])
    if not top.has("covariance"):
        return np.diag((sd**2).astype(np.float32).astype(np.float64))
    flat = matrix(top.object("covariance"), (n * (n + 1) // 2,))
    out = np.zeros((n, n))
    out[np.triu_indices(n)] = flat
    out = out + np.triu(out, 1).T
    if not np.allclose(np.diag(out), sd**2, rtol=1e-3, atol=1e-12):
        raise StudyFileError("its covariance does not fit the sd of its features.")
    return out


def _coder(
    top: Fields, ids: tuple[str, ...], kinds: tuple[str, ...], polarity: NDArray[np.float32]
) -> tuple[EmbedderNote | None, Coder]:
    from whimsight.attributes import ATTRIBUTES

    attributes = top.objects("attributes", most=_MOST_FEATURES)
    names = [one.text("id") for one in attributes]
    unknown = [name for name in names if name not in ATTRIBUTES]
    if unknown or len(set(names)) != len(names):
        raise StudyFileError(
            f"this version does not measure {', '.join(map(repr, unknown[:5])) or 'one thing twice'}."
        )
    m = kinds.count("discovered")
    if kinds[:m].count("discovered") != m:
        raise StudyFileError("its discovered features do not come before the measured ones.")
    lacking = [feature for feature in ids[m:] if feature not in names]
    if lacking:
        raise StudyFileError(
            f"it does not say in which unit {', '.join(map(repr, lacking[:5]))} are measured."
        )
    scale = np.array([one.number("scale", least=0.0) for one in attributes], dtype=np.float32)
    measured = np.array([names.index(feature) for feature in ids[m:]], dtype=np.int64)
    if not m:
        coder = Coder.of_measures(names, scale)
        return None, Coder(**{**vars(coder), "measured": measured, "polarity": polarity})
    part = top.object("discovered")
    needs = part.object("embedder")
    encoder = matrix(part.object("encoder"), (-1, m))
    coder = Coder(
        encoder=encoder,
        threshold=part.number("threshold", least=0.0),
        residual=matrix(part.object("residual"), (len(names), m)) if part.has("residual") else None,
        attributes=tuple(names),
        scale=scale,
        measured=measured,
        polarity=polarity,
        template=part.template("template"),
        factors=part.numbers("factors"),
    )
    note = EmbedderNote(needs.text("name"), needs.text("windows"), needs.text("fingerprint"), opened=True)
    return note, coder
