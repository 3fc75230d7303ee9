"""A sealed zip: fixed time stamps, a manifest that lists every member, one hash over the whole file.

The seal is the archive's comment, ``sha256:`` and the hash of every byte before the comment's length. A
flipped, missing or added byte anywhere is noticed before anything of the file is interpreted. It guards
against damage; against malice there are the limits, which hold whatever the file claims about itself.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import stat
import zipfile
from typing import TYPE_CHECKING, Any

from whimsight.errors import StudyFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

__all__ = ["MANIFEST", "allowed_size", "from_json", "pack", "to_json", "unpack", "unpack_manifest"]

MANIFEST = "manifest.json"

_SEAL = b"sha256:"
_SEAL_LENGTH = len(_SEAL) + 64
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAX_MANIFEST = 16 * 2**20
_MAX_MEMBERS = 64
_FREE = 64 * 2**20
_MAX_RATIO = 200
_CHUNK = 2**20


def pack(manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> bytes:
    """Return the bytes of an archive; the same content gives the same bytes.

    Parameters
    ----------
    manifest : mapping
        JSON-ready; ``members`` (name to ``sha256`` and ``size``) is filled in here, keeping what the
        caller already says about a member.
    members : mapping of str to bytes
        Parquet is stored as it is, for it is compressed inside; everything else is deflated.
    """
    about = {
        name: {**manifest.get("members", {}).get(name, {}), "sha256": _hash(data), "size": len(data)}
        for name, data in members.items()
    }
    head = to_json({**manifest, "members": about})
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in {MANIFEST: head, **members}.items():
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            deflate = not name.endswith(".parquet")
            info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
            archive.writestr(info, data, compresslevel=6 if deflate else None)
        archive.comment = b"0" * _SEAL_LENGTH
    body = sink.getbuffer()[: -_SEAL_LENGTH - 2]
    seal = _SEAL + hashlib.sha256(body).hexdigest().encode()
    return b"".join([body, _SEAL_LENGTH.to_bytes(2, "little"), seal])


def unpack_manifest(file: BinaryIO) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """Check the seal and the names, and read the manifest.

    Raises
    ------
    StudyFileError
        Where the file is not sealed, or an entry has no business in it.
    """
    _check_seal(file)
    archive = zipfile.ZipFile(file)
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(infos) > _MAX_MEMBERS:
        raise StudyFileError(f"it has {len(infos):,} members; a study has fewer than {_MAX_MEMBERS}.")
    for info in infos:
        _check_entry(info)
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise StudyFileError(f"it has the member {twice!r} twice.")
    if MANIFEST not in names:
        raise StudyFileError(f"it has no {MANIFEST}, so it is some other zip.")
    info = archive.getinfo(MANIFEST)
    if info.file_size > _MAX_MANIFEST:
        raise StudyFileError(f"its manifest claims {info.file_size:,} bytes; the limit is {_MAX_MANIFEST:,}.")
    manifest = from_json(_read(archive, info))
    if not isinstance(manifest, dict):
        raise StudyFileError("its manifest is not a JSON object.")
    return archive, manifest


def unpack(archive: zipfile.ZipFile, manifest: Mapping[str, Any], name: str) -> bytes:
    """Read one member, at most as many bytes as the manifest declares, and check its hash."""
    about = manifest["members"][name]
    info = archive.getinfo(name)
    declared = about["size"]
    if not isinstance(declared, int) or declared != info.file_size:
        raise StudyFileError(f"{name} has {info.file_size:,} bytes where the manifest says {declared!r}.")
    if declared > allowed_size(info.compress_size):
        raise StudyFileError(
            f"{name} claims to grow from {info.compress_size:,} to {declared:,} bytes; that is no study."
        )
    data = _read(archive, info)
    if _hash(data) != about["sha256"]:
        raise StudyFileError(f"the content of {name} does not match its sha256 in the manifest.")
    return data


def allowed_size(stored: int) -> int:
    """Return how many bytes may come out of ``stored`` ones: honest tables compress less than 200 times."""
    return _FREE + _MAX_RATIO * stored


def to_json(value: Any) -> bytes:
    """Encode as strict JSON; what JSON lacks becomes ``{"$float": "nan"}`` or ``{"$tuple": [...]}``."""
    plain = _plain(value)
    return json.dumps(plain, allow_nan=False, ensure_ascii=True, separators=(",", ":")).encode()


def from_json(data: bytes | str) -> Any:
    """Decode what `to_json` wrote; NaN and Infinity are refused as the JSON standard refuses them."""
    try:
        return json.loads(data, parse_constant=_no_constant, object_hook=_special)
    except RecursionError:
        raise StudyFileError("its JSON is nested too deeply.") from None


def _plain(value: Any) -> Any:
    """Turn NumPy scalars and arrays, tuples and odd floats into what JSON has."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return {"$tuple": [_plain(v) for v in value]}
    if isinstance(value, list | set | frozenset):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return str(value)


def _special(value: dict[str, Any]) -> Any:
    if value.keys() == {"$float"} and value["$float"] in ("nan", "inf", "-inf"):
        return float(value["$float"])
    if value.keys() == {"$tuple"} and isinstance(value["$tuple"], list):
        return tuple(value["$tuple"])
    return value


def _no_constant(name: str) -> Any:
    raise StudyFileError(f"its JSON holds {name}, which JSON does not have.")


def _check_seal(file: BinaryIO) -> None:
    file.seek(0, os.SEEK_END)
    size = file.tell()
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise StudyFileError(
            "it is not a study: it does not start as a zip does. Open what study.save wrote; votes are read with "
            "whimsight.read, and made a study of with whimsight.study."
        )
    left = size - _SEAL_LENGTH - 2
    file.seek(max(left, 0))
    tail = file.read(_SEAL_LENGTH + 2)
    if left <= 0 or tail[:2] != _SEAL_LENGTH.to_bytes(2, "little") or tail[2 : 2 + len(_SEAL)] != _SEAL:
        raise StudyFileError(
            "its end is missing: it was cut short, or it is not a study. Copy it again, or make the study anew."
        )
    digest = hashlib.sha256()
    file.seek(0)
    while left > 0:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            raise StudyFileError("it became shorter while it was read.")
        digest.update(chunk)
        left -= len(chunk)
    if digest.hexdigest().encode() != tail[2 + len(_SEAL) :]:
        raise StudyFileError("it is damaged: its bytes do not match the hash at its end.")


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if name.startswith("/") or "\\" in info.orig_filename or ":" in name or ".." in name.split("/"):
        raise StudyFileError(f"the member {name!r} points outside of the file.")
    if info.is_dir() or stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise StudyFileError(f"the member {name!r} is a folder or a link, not a file.")
    if info.flag_bits & 0x1:
        raise StudyFileError(f"the member {name!r} is encrypted.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise StudyFileError(f"the member {name!r} is compressed in a way that studies do not use.")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read what the entry declares and not a byte more."""
    with archive.open(info) as member:
        data = member.read(info.file_size)
        if len(data) != info.file_size or member.read(1):
            raise StudyFileError(
                f"{info.filename} does not have the {info.file_size:,} bytes that it declares."
            )
    return data


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
