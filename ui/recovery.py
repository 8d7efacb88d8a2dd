"""The copy of unsaved work that survives a crash: written after each edit, offered at the next start, gone after a clean end.

Each window has one file, held by a lock that counts only while its process lives. A copy without a living owner is what
a crash left behind.
"""

import contextlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal

from dllab.document.experiment import Experiment
from dllab.document.format import SIZE_LIMIT, from_text, to_text
from dllab.files import in_words, read_limited, write_atomic
from ui.document import Document

log = logging.getLogger(__name__)

_SUFFIX = ".recovery"
_VERSION = 1
_BAD_LIMIT = 10
_WRITE_S = 60.0


@dataclass(frozen=True)
class Copy:
    """Work that a crash left behind. Holding it keeps other windows from taking it too."""

    file: Path
    experiment: Experiment
    original: Path | None
    """The file that the work was opened from, if any."""
    written: float
    """When the copy was written, in seconds since 1970."""
    lock: QLockFile

    def discard(self) -> None:
        """The work is not wanted any more."""
        _unlink(self.file)
        self.lock.unlock()

    def leave(self) -> None:
        """Neither taken nor discarded: the next start offers it again."""
        self.lock.unlock()


@dataclass(frozen=True)
class Found:
    """What lay in the recovery folder."""

    copies: tuple[Copy, ...]
    bad: tuple[Path, ...]
    """Copies that could not be read, where they have been set aside."""


class Recovery(QObject):
    """Keeps the recovery copy of one document."""

    failed = Signal(str)
    """The copy could not be written; the reason."""

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.file = folder / f"{os.getpid()}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
        """Where the copy of this window's work is kept."""
        self._lock = _lock_of(self.file)
        self._lock.tryLock(0)
        self._writer = _Writer(self.failed.emit)
        document.changed.connect(self._note)
        document.file_changed.connect(self._note)

    def take(self, copy: Copy) -> None:
        """Go on with recovered work: it stays in its copy until it is saved or discarded."""
        self._document.open(copy.experiment, copy.original)
        self._writer.flush()
        self._lock.unlock()
        self.file, self._lock = copy.file, copy.lock
        # Unlike what is on disk, although its undo history is empty.
        self._document.undo_stack.resetClean()

    def close(self, keep: bool = False) -> None:
        """End: nothing stays behind, except with `keep` work that is not saved, for the next start."""
        self._document.changed.disconnect(self._note)
        self._document.file_changed.disconnect(self._note)
        if keep and self._document.modified:
            self._writer.put(self.file, self._text())
        else:
            self._writer.put(self.file, None)
        self._writer.end()
        self._lock.unlock()

    def flush(self) -> None:
        """Wait until the last edit is on disk."""
        self._writer.flush()

    def _note(self, *_change: object) -> None:
        self._writer.put(self.file, self._text() if self._document.modified else None)

    def _text(self) -> Callable[[], bytes]:
        experiment, original = self._document.experiment, self._document.path

        def text() -> bytes:
            content = {
                "dllab_recovery": _VERSION,
                "original": str(original) if original else None,
                "written": time.time(),
                "experiment": to_text(experiment),
            }
            return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")

        return text


class _Writer:
    """Writes the newest copy in the background: an fsync may take long, and a person types meanwhile.

    Experiments are values that never change, so the thread needs neither a copy nor a lock on them.
    """

    def __init__(self, complain: Callable[[str], object]) -> None:
        self._complain = complain
        self._changed = threading.Condition()
        self._waiting: dict[Path, Callable[[], bytes] | None] = {}
        self._busy = self._ending = self._told = False
        self._thread: threading.Thread | None = None

    def put(self, file: Path, text: Callable[[], bytes] | None) -> None:
        """Write this soon, or with None remove the file; an order that still waits is overtaken."""
        if text is None and self._thread is None:
            return
        with self._changed:
            self._waiting[file] = text
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recovery", daemon=True)
            self._thread.start()

    def flush(self) -> None:
        """Wait until everything asked for is done."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout=5.0)

    def end(self) -> None:
        """Finish what is waiting and end the thread."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._ending)
                if not self._waiting:
                    return
                file = next(iter(self._waiting))
                text = self._waiting.pop(file)
                self._busy = True
            self._do(file, text)

    def _do(self, file: Path, text: Callable[[], bytes] | None) -> None:
        try:
            if text is None:
                _unlink(file)
            else:
                write_atomic(file, text())
            self._told = False
        except OSError as error:
            log.warning("the recovery copy could not be written: %s", error)
            if not self._told:
                self._told = True
                self._complain(in_words(error))


def find(folder: Path) -> Found:
    """What crashed windows left behind, newest first. What can't be read is set aside as *.bad; this never fails."""
    copies: list[Copy] = []
    bad: list[Path] = []
    for file in _files(folder, f"*{_SUFFIX}"):
        lock = _lock_of(file)
        if not lock.tryLock(0):
            continue
        copy = _read(file, lock)
        if isinstance(copy, Copy):
            copies.append(copy)
        elif copy is not None:
            bad.append(copy)
    for leftover in _files(folder, f"*{_SUFFIX}.lock"):
        # A window that died without unsaved work left only its lock: taking and releasing it removes the file.
        lock = _lock_of(leftover.with_suffix(""))
        if not leftover.with_suffix("").exists() and lock.tryLock(0):
            lock.unlock()
    for old in (*_files(folder, "*.bad")[_BAD_LIMIT:], *filter(_is_old, folder.glob(".dllab-*.tmp"))):
        _unlink(old)
    return Found(tuple(sorted(copies, key=lambda c: -c.written)), tuple(bad))


def _read(file: Path, lock: QLockFile) -> Copy | Path | None:
    """The copy in a file; the new place of one that can't be understood; None for one that only a newer version can."""
    try:
        content = json.loads(read_limited(file, 2 * SIZE_LIMIT))
        opened = from_text(content["experiment"])
        if content["dllab_recovery"] > _VERSION or opened.newer:
            lock.unlock()
            return None
        original = Path(content["original"]) if content["original"] else None
        return Copy(file, opened.experiment, original, float(content["written"]), lock)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("the recovery copy %s can't be used: %s", file.name, error)
        aside = file.with_suffix(".bad")
        with contextlib.suppress(OSError):
            os.replace(file, aside)
        lock.unlock()
        return aside


def _files(folder: Path, pattern: str) -> list[Path]:
    """Files that match, newest first."""

    def age(file: Path) -> float:
        try:
            return -file.stat().st_mtime
        except OSError:
            return 0.0

    return sorted(folder.glob(pattern), key=age)


def _is_old(file: Path) -> bool:
    """Whether this half-written file is nobody's work any more."""
    try:
        return time.time() - file.stat().st_mtime > _WRITE_S
    except OSError:
        return False


def _lock_of(file: Path) -> QLockFile:
    lock = QLockFile(f"{file}.lock")
    # Only a dead owner makes a lock void, never its age: a lab may stay open for weeks.
    lock.setStaleLockTime(0)
    return lock


def _unlink(file: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
