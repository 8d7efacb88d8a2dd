"""The one module that writes files: a reader sees the old content or the new, never a part. And why it could not."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dllab.text import N_, _

_WORDS = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EACCES: N_("access to it is not allowed"),
    errno.EPERM: N_("access to it is not allowed"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EROFS: N_("the disk can only be read"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: N_("a part of its path is not a folder"),
    errno.EEXIST: N_("it is there already"),
    errno.ENAMETOOLONG: N_("its name is too long"),
    errno.EBUSY: N_("another program is using it"),
    errno.EIO: N_("the disk could not be read or written"),
}


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the file at `path` by `data`: temporary file, fsync, rename, fsync of the folder.

    A symbolic link stays a link and its target is replaced. Raises OSError and leaves the old file as it was.
    """
    target = Path(os.path.realpath(path))
    # Short names: the temporary name must be legal wherever the target's is.
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".dllab-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
            if hasattr(os, "fchmod"):  # Windows knows no such modes
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def read_limited(path: Path, limit: int) -> bytes:
    """Read a file of at most `limit` bytes; raises OSError if it is larger, without reading it all."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"{path.name} is larger than {limit:,} bytes")
    return data


def in_words(error: OSError) -> str:
    """Why the system refused a file, for "… can't be opened: {reason}.": its own words are in the machine's language."""
    words = _WORDS.get(error.errno or 0)
    return _(words) if words else error.strerror or str(error)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    # Windows can't open a folder; there the rename itself is all there is.
    with contextlib.suppress(OSError, PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def new_folder(parent: Path) -> Iterator[Path]:
    """A temporary folder in `parent`; what still bears its name at the end is removed. Rename it to keep it."""
    path = Path(tempfile.mkdtemp(dir=parent, prefix=".dllab-", suffix=".tmp"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
