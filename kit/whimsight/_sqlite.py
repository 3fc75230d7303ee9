"""A SQLite file of one table, opened anew for every operation."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["connect"]


def connect(path: Path, table: str, schema: int) -> sqlite3.Connection:
    """Open a file and make its table where there is none.

    Parameters
    ----------
    path : Path
    table : str
        ``CREATE TABLE IF NOT EXISTS ...``
    schema : int
        Version of the layout, kept as ``user_version``.

    Raises
    ------
    sqlite3.OperationalError
        When the file is of another version.
    """
    db = sqlite3.connect(path, timeout=60)
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:  # a new file; of two processes one makes the table and the other finds it
            with db:
                db.execute("BEGIN IMMEDIATE")
                db.execute(table)
                db.execute(f"PRAGMA user_version = {schema}")
        elif version != schema:
            raise sqlite3.OperationalError(
                f"{path.name} has schema {version}, this version of Whimsight writes {schema}"
            )
    except BaseException:
        db.close()
        raise
    return db
