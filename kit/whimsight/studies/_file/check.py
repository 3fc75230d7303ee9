"""What must hold between the manifest, the tables and the arrays of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import StudyFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder

__all__ = ["check_arrays", "check_members", "check_schema"]


def check_schema(manifest: Mapping[str, Any], known: int) -> None:
    """Refuse what is not a study, or one of a later layout than ``known``."""
    if manifest.get("format") != "whimsight-study":
        raise StudyFileError("its manifest does not say that it is a Whimsight study.")
    schema = manifest.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise StudyFileError(f"its schema version is {schema!r}, which is no version.")
    if schema > known:
        import whimsight

        wrote = str(manifest.get("whimsight"))[:40]
        raise StudyFileError(
            f"Whimsight {wrote} wrote it with schema {schema}; this is Whimsight {whimsight.__version__}, "
            f"which reads schemas up to {known}. Install Whimsight {wrote} "
            "or later: pip install -U whimsight."
        )


def check_members(manifest: Mapping[str, Any], found: set[str], wanted: set[str]) -> None:
    """Require that archive, manifest and layout name the same members."""
    listed = manifest.get("members")
    if not isinstance(listed, dict):
        raise StudyFileError("its manifest does not list its members.")
    for title, names in (
        ("unknown members", (found | set(listed)) - wanted),
        ("no", wanted - (found & set(listed))),
    ):
        if names:
            raise StudyFileError(f"it has {title} {', '.join(map(repr, sorted(names)[:5]))}.")
    for part in ("settings", "facts", "pairs"):
        if not isinstance(manifest.get(part), dict):
            raise StudyFileError(f"its manifest lacks {part!r}.")


def check_arrays(
    arrays: Mapping[str, NDArray[Any]],
    autoencoder: SparseAutoencoder,
    features: pd.DataFrame,
    n_pairs: int,
) -> None:
    """Require that codes, features, autoencoder and pairs agree in type and shape."""
    from whimsight.studies._study import FEATURE_COLUMNS

    lacking = [c for c in FEATURE_COLUMNS if c not in features.columns]
    if lacking:
        raise StudyFileError(f"its features table lacks the columns {', '.join(lacking)}.")
    if not features.index.is_unique:
        raise StudyFileError("its features table names a feature twice.")
    kind = features["kind"].to_numpy(dtype=object)
    discovered, measured = int((kind == "discovered").sum()), int((kind == "measured").sum())
    if discovered != autoencoder.n_features or discovered + measured != len(features):
        raise StudyFileError(
            f"its features table has {discovered} discovered and {measured} measured of {len(features)} "
            f"features; its autoencoder has {autoencoder.n_features}."
        )
    n_unique = arrays["pair_codes"].shape[0] if "pair_codes" in arrays else 0
    wanted: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
        "pair_codes": (np.float32, (n_unique, len(features))),
        "pair_of_row": (np.int64, (n_pairs,)),
        "attribute_scale": (np.float32, (measured,)),
    }
    if "residual_map" in arrays:
        wanted["residual_map"] = (np.float32, (measured, autoencoder.dimensions))
    if arrays.keys() != wanted.keys():
        raise StudyFileError(f"it has the arrays {sorted(arrays)}; expected {sorted(wanted)}.")
    for name, (dtype, shape) in wanted.items():
        array = arrays[name]
        if array.dtype != dtype or array.shape != shape:
            raise StudyFileError(
                f"its array {name} is {array.dtype} {array.shape}; expected {np.dtype(dtype)} {shape}."
            )
    rows = arrays["pair_of_row"]
    if rows.size and not 0 <= rows.min() <= rows.max() < n_unique:
        raise StudyFileError("its array pair_of_row points to pairs that are not there.")
    if not np.isfinite(arrays["pair_codes"]).all():
        raise StudyFileError("its array pair_codes holds NaN or infinity.")
