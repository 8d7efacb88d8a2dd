"""Which files can be brought in, by their names alone. Loads nothing heavy."""

from pathlib import Path

TABLES = (".csv", ".tsv", ".tab", ".parquet", ".pq")
PARQUET = (".parquet", ".pq")
TEXTS = (".txt", ".text", ".md")
"""Running text, most often; a table if it looks like one."""


def is_idx(path: Path) -> bool:
    """Whether a name is one of an IDX file."""
    name = path.name.lower()
    return "ubyte" in name or name.endswith((".idx", ".idx1", ".idx3", ".idx.gz"))


def is_importable(path: Path) -> bool:
    """Whether something of this name can be brought in: a table, a text, an archive, an IDX file, a folder."""
    return path.suffix.lower() in (*TABLES, *TEXTS, ".npz") or is_idx(path) or path.is_dir()
