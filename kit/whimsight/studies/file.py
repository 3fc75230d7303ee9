"""The ``.whim`` file: a study as one archive of Parquet, safetensors and JSON.

==========================  ====================================================================
member                      holds
==========================  ====================================================================
``manifest.json``           schema version, package version, settings, facts, what reading did,
                            and for every other member its sha256, size and columns
``pairs.parquet``           the pairs; prompt and responses are positions in ``texts.parquet``
``texts.parquet``           every distinct prompt and response, once
``features.parquet`` ...    the study's tables: features, prediction, joint, lasso, drafts; suggestions and
                            judgments, where language models gave some
``autoencoder.safetensors``  the dictionary of discovered features
``arrays.safetensors``      pair_codes, pair_of_row, attribute_scale, residual_map
==========================  ====================================================================

There is no pickle in it and nothing that could run. The same study gives the same bytes.
"""

from __future__ import annotations

import re
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from whimsight.errors import StudyFileError
from whimsight.files import as_path, atomic_write
from whimsight.labels.paths import contents, is_folder
from whimsight.studies._file.archive import MANIFEST, pack, unpack, unpack_manifest
from whimsight.studies._file.check import check_arrays, check_members, check_schema
from whimsight.studies._file.tables import table_from_bytes, table_to_bytes
from whimsight.studies.judged import check_judged, mended
from whimsight.studies.paths import no_file, no_folder

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

    from whimsight.pairs import Pairs
    from whimsight.studies._study import Study

__all__ = ["SCHEMA", "open_study", "save_study"]

SCHEMA = 1
"""Version of the file's layout; a file with a larger one is refused with the version to install."""

_TABLES = {
    "features": "found",
    "prediction": "prediction",
    "joint": "found_joint",
    "lasso": "lasso",
    "drafts": "drafts",
}  # member to attribute of the study: a file holds what was computed; people's work lies beside it
_JUDGED = ("suggestions", "judgments")  # only in the files of studies that a language model was asked about
_TEXTS = ("prompt", "response_a", "response_b")
_STALE_SECONDS = 15 * 60

_Study = TypeVar("_Study", bound="Study")


def save_study(study: Study, path: str | Path) -> Path:
    """Write a study as one ``.whim`` file.

    The file is written beside ``path``, flushed to disk and put in place in one step: whoever opens
    ``path`` sees the old study or the new one. What a killed writer left beside it is cleared away once it
    is a quarter of an hour old. The same study gives the same bytes.

    Parameters
    ----------
    study : Study
    path : str or Path
        Replaced when it exists.

    Returns
    -------
    Path
        Where the file is.

    Raises
    ------
    StudyFileError
        If the folder is missing or cannot be written, or the disk is full; an older file is then intact.
    """
    target = as_path(path, "where to save the study, such as 'votes.whim'", StudyFileError)
    wrong = "it is a folder. Give a file name." if is_folder(target) else no_folder(target)
    if wrong:
        raise StudyFileError(f"Cannot save the study to {target.name!r}: {wrong}")
    data = _to_bytes(study)
    try:
        atomic_write(target, data)
        _clear_stale(target)
    except OSError as error:
        raise StudyFileError(
            f"Cannot save the study to {target.name!r}: {error.strerror or error}. It needs {len(data):,} "
            "bytes in an existing folder that you may write to; make room or choose another path. What was "
            "there is intact."
        ) from error
    return target


def open_study(path: str | Path, cls: type[_Study]) -> _Study:
    """Read a ``.whim`` file that `save_study` wrote.

    Parameters
    ----------
    path : str or Path
    cls : type
        The class to build, `Study`.

    Raises
    ------
    StudyFileError
        When the file is missing, cut short, damaged, written by a newer version, or hostile: entries that
        point outside, more content than declared, tables that do not fit each other.
    """
    source = as_path(path, "a study, such as 'votes.whim'", StudyFileError)
    try:
        if is_folder(source):
            raise StudyFileError(
                f"it is not a file. The folder {contents(source, '.whim')}; name a file in it."
            )
        if not stat.S_ISREG(source.stat().st_mode):
            raise StudyFileError("it is not a file.")
        with source.open("rb") as file:
            return _from_file(file, cls)
    except (FileNotFoundError, NotADirectoryError):
        raise StudyFileError(no_file(source)) from None
    except StudyFileError as error:
        raise StudyFileError(f"Cannot open {source.name!r}: {_sentence(error)}") from error
    # A hostile file may fail anywhere in zip, JSON, Arrow or safetensors, each with its own kinds of errors;
    # whoever opens it needs one kind.
    except Exception as error:
        raise StudyFileError(
            f"Cannot open {source.name!r}: it cannot be read as a study "
            f"({type(error).__name__}: {str(error)[:200]}). "
            "Restore it from a copy, or make the study again."
        ) from error


def _to_bytes(study: Study) -> bytes:
    from safetensors.numpy import save

    import whimsight

    frames = {**_split_texts(study.pairs), **{name: getattr(study, of) for name, of in _TABLES.items()}}
    if len(study.suggestions) or len(study.judgments):
        frames |= {name: getattr(study, name) for name in _JUDGED}
    members: dict[str, bytes] = {}
    about: dict[str, dict[str, Any]] = {}
    for name, frame in frames.items():
        member = f"{name}.parquet"
        members[member], table = table_to_bytes(frame)
        about[member] = {"table": table}
    members["autoencoder.safetensors"] = study.autoencoder.to_bytes()
    arrays = {name: np.ascontiguousarray(array) for name, array in _arrays(study).items()}
    members["arrays.safetensors"] = save(arrays)
    manifest = {
        "format": "whimsight-study",
        "schema": SCHEMA,
        "whimsight": whimsight.__version__,
        "settings": study.settings.to_dict(),
        "facts": study.facts,
        "pairs": {
            "name": study.pairs.name,
            "report": study.pairs.report.to_dict(),
            "text_types": {c: _type_name(study.pairs.frame[c]) for c in _TEXTS},
        },
        "members": about,
    }
    return pack(manifest, members)


def _from_file(file: BinaryIO, cls: type[_Study]) -> _Study:
    from safetensors.numpy import load

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.studies.settings import Settings

    archive, manifest = unpack_manifest(file)
    check_schema(manifest, SCHEMA)
    wanted = {f"{name}.parquet" for name in ("pairs", "texts", *_TABLES)}
    wanted |= {"autoencoder.safetensors", "arrays.safetensors"}
    members = set(archive.namelist()) - {MANIFEST}
    judged = {f"{name}.parquet" for name in _JUDGED}
    wanted |= judged if judged & members else set()
    check_members(manifest, members, wanted)

    def table(name: str) -> pd.DataFrame:
        member = f"{name}.parquet"
        return table_from_bytes(unpack(archive, manifest, member), manifest["members"][member]["table"])

    pairs = _join_texts(table("pairs"), table("texts"), manifest["pairs"])
    tables = {name: table(name) for name in _TABLES}
    autoencoder = SparseAutoencoder.from_bytes(unpack(archive, manifest, "autoencoder.safetensors"))
    arrays = {k: np.array(v) for k, v in load(unpack(archive, manifest, "arrays.safetensors")).items()}
    check_arrays(arrays, autoencoder, tables["features"], len(pairs))
    named = {name: mended(table(name)) for name in _JUDGED} if judged & members else {}
    if named:
        check_judged(**named, features=tables["features"].index.tolist(), rows=len(pairs))
    study = cls(
        pairs=pairs,
        settings=Settings.from_dict(manifest["settings"]),
        found=tables["features"],
        prediction=tables["prediction"],
        found_joint=tables["joint"],
        lasso=tables["lasso"],
        drafts=tables["drafts"],
        autoencoder=autoencoder,
        pair_codes=arrays["pair_codes"],
        pair_of_row=arrays["pair_of_row"],
        attribute_scale=arrays["attribute_scale"],
        residual_map=arrays.get("residual_map"),
        facts=dict(manifest["facts"]),
    )
    if named:
        study.suggestions, study.judgments = named["suggestions"], named["judgments"]
    return study


def _arrays(study: Study) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        "pair_codes": study.pair_codes,
        "pair_of_row": study.pair_of_row,
        "attribute_scale": study.attribute_scale,
    }
    if study.residual_map is not None:
        arrays["residual_map"] = study.residual_map
    return arrays


def _split_texts(pairs: Pairs) -> dict[str, pd.DataFrame]:
    """Return the pairs with numbers in place of their texts, and the texts, each once."""
    frame = pairs.frame
    columns = [frame[c].astype(object) for c in _TEXTS]
    place, unique = pd.factorize(np.concatenate([c.to_numpy() for c in columns]))
    places = place.astype(np.int32).reshape(len(_TEXTS), len(frame))
    numbered = frame.assign(**dict(zip(_TEXTS, places, strict=True)))
    return {"pairs": numbered, "texts": pd.DataFrame({"text": pd.Series(unique, dtype=object)})}


def _join_texts(numbered: pd.DataFrame, texts: pd.DataFrame, about: dict[str, Any]) -> Pairs:
    from whimsight.pairs import Pairs, ReadReport, Texts

    pool = texts["text"].to_numpy(dtype=object)
    columns, places = {}, {}
    for column in _TEXTS:
        place = numbered[column].to_numpy()
        if place.dtype != np.int32 or (place.size and not 0 <= place.min() <= place.max() < pool.size):
            raise StudyFileError(f"the column {column!r} of the pairs points to texts that are not there.")
        places[column] = place
        columns[column] = pd.Series(pool[place], dtype=_type(about["text_types"][column]))
    place, responses = pd.factorize(np.concatenate([places["response_a"], places["response_b"]]))
    place = place.astype(np.int64)
    return Pairs(
        numbered.assign(**columns),
        name=str(about["name"]),
        report=ReadReport.from_dict(about["report"]),
        texts=Texts(pool[responses].tolist(), *np.split(place, 2)),
    )


def _type_name(values: pd.Series[Any]) -> str:
    dtype = values.dtype
    return f"{dtype}[{dtype.storage}]" if isinstance(dtype, pd.StringDtype) else "object"


def _type(name: str) -> Any:
    match = re.fullmatch(r"(str|string)\[(python|pyarrow)\]", name)
    if match is None:
        return object
    return pd.StringDtype(match[2], na_value=np.nan if match[1] == "str" else pd.NA)


def _clear_stale(target: Path) -> None:
    """Remove what killed writers of this file left beside it; a young one may belong to a living writer."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.\w+\.part")
    for left in target.parent.glob(".*.part"):
        if pattern.fullmatch(left.name) and time.time() - left.stat().st_mtime > _STALE_SECONDS:
            left.unlink(missing_ok=True)


def _sentence(error: StudyFileError) -> str:
    text = str(error)
    return text if text.endswith((".", "!")) else f"{text}."
