"""Well-known pictures fetched when a person asks for them: checked against the published checksums, kept by content."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.cifar import read_cifar
from dllab.data.own.idx import read_idx
from dllab.data.own.published import Download
from dllab.data.own.samples import keep_samples
from dllab.data.own.source import Source
from dllab.files import write_atomic
from dllab.text import _

Progress = Callable[[int, int], None]
_CHUNK = 1 << 18
_TIMEOUT_S = 20.0


def fetch(download: Download, progress: Progress, base: str = "") -> dict[str, Any]:
    """Fetch, check and keep; from another server if `base` names one. What an import tells. Raises DataProblem."""
    known = _known(download)
    if known is not None:
        return known
    with store.adding() as folder:
        bar = _Bar(download.size, progress)
        for name, checksum in download.files:
            _retrieve(download, (base or download.base) + name, checksum, folder / name, bar)
        x, y = _read(download, folder)
        facts = keep_samples(download.title, x, y, download.classes)
    write_atomic(store.folder() / f"{download.kind}.json", json.dumps(facts["content"]).encode())
    return facts


def _known(download: Download) -> dict[str, Any] | None:
    """What was fetched earlier, if it is still here."""
    try:
        content = json.loads((store.folder() / f"{download.kind}.json").read_text())
        source = Source(name=download.title, content=content)
        return {**store.facts(source), "content": content, "new": False}
    except (OSError, ValueError):  # never fetched, or gone since
        return None


def _retrieve(download: Download, url: str, checksum: str, path: Path, bar: "_Bar") -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    loader = pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=_TIMEOUT_S)
    names = {"name": download.title, "host": urlsplit(url).netloc}
    way_out = _("Try again later, or get the files elsewhere and use File > Import data…")
    try:
        pooch.retrieve(url, known_hash=checksum, fname=path.name, path=path.parent, downloader=loader)
    except requests.HTTPError as error:
        code = error.response.status_code
        text = _("{name} could not be fetched: {host} answers {code}.").format(code=code, **names)
        raise DataProblem(f"{text} {way_out}") from error
    except requests.Timeout as error:
        raise DataProblem(_("{host} gives no answer.").format(**names) + " " + way_out) from error
    except requests.RequestException as error:
        text = _("{name} could not be fetched: there is no connection to {host}.").format(**names)
        raise DataProblem(f"{text} {way_out}") from error
    except ValueError as error:
        text = _("What {host} sent is not {name} as it was published: its checksum differs. Nothing of it is kept.")
        raise DataProblem(text.format(**names) + " " + way_out) from error


def _read(download: Download, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The published training and test parts together: the lab divides by seed, as it divides everything."""
    names = [name for name, _checksum in download.files]
    if len(names) == 1:
        return read_cifar(folder / names[0])
    parts = [read_idx(folder / name) for name in names]
    return np.concatenate(parts[0::2]), np.concatenate(parts[1::2])


class _Bar:
    """What pooch takes for a progress bar: bytes of one file after the other, told as bytes of all."""

    def __init__(self, size: int, tell: Progress) -> None:
        self.total = 0
        """Of the present file; set by pooch."""
        self._size, self._tell = size, tell
        self._before = self._now = 0

    def update(self, count: int) -> None:
        """More bytes have come."""
        self._now = min(self._now + count, self.total or self._now + count)
        self._tell(min(self._before + self._now, self._size), self._size)

    def reset(self) -> None:
        """The file is counted anew."""
        self._now = 0

    def close(self) -> None:
        """The file is over."""
        self._before, self._now = self._before + self._now, 0
