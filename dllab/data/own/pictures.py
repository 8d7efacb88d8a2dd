"""A folder of pictures, one folder for each class. Uses Pillow; nothing is decoded before its size is known."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own.names import PICTURES
from dllab.data.own.samples import LARGEST, keep_samples
from dllab.text import _

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_PIXELS = 50_000_000
"""Of one picture as it is in its file."""
_LARGEST_SIDE = 128
"""Pictures that are all alike and no larger than this keep their size."""
_USUAL_SIDE = 32


def bring_pictures(path: Path, given: Mapping[str, Any], progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Keep the pictures of a folder; `given` may fix "side" (pixels) and "colour". Raises DataProblem."""
    found = _by_class(path)
    files = [(file, number) for number, files in enumerate(found.values()) for file in files]
    work = 2 * len(files)
    seen: Counter[tuple[int, int, bool]] = Counter()
    for done, (file, _number) in enumerate(files):
        seen[_look(path, file)] += 1
        progress(done, work)
    width, height, channels = _common(seen, given)
    if len(files) * width * height * channels > LARGEST:
        text = _("{name} would take {size:.1f} GB at {side} pixels a side: choose smaller pictures.")
        size = len(files) * width * height * channels / 1e9
        raise DataProblem(text.format(name=path.name, size=size, side=max(width, height)))
    x = np.empty((len(files), channels, height, width), np.uint8)
    for done, (file, _number) in enumerate(files):
        x[done] = _pixels(path, file, (width, height), channels)
        progress(len(files) + done, work)
    return keep_samples(path.name, x, np.array([number for _file, number in files]), tuple(found))


def _by_class(path: Path) -> dict[str, list[Path]]:
    found = {}
    for folder in sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")):
        files = sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES and p.is_file())
        if files:
            found[folder.name[:200]] = files
    if not found:
        text = _("{name} holds no folders with pictures: put those of each class into a folder of its own.")
        raise DataProblem(text.format(name=path.name))
    if len(found) < 2:
        text = _("{name} holds only one folder with pictures, so there is nothing to tell apart: add another class.")
        raise DataProblem(text.format(name=path.name))
    return found


def _look(path: Path, file: Path) -> tuple[int, int, bool]:
    """(width, height, whether it has colours) from the beginning of a file."""
    from PIL import Image

    try:
        with (
            warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning),
            Image.open(file) as picture,
        ):
            width, height = picture.size
            coloured = picture.mode not in ("1", "L", "LA", "La", "F") and not picture.mode.startswith("I")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(path, file) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise _damaged(path, file) from error
    if width * height > _MOST_PIXELS:
        raise _too_large(path, file)
    return width, height, coloured


def _common(seen: "Counter[tuple[int, int, bool]]", given: Mapping[str, Any]) -> tuple[int, int, int]:
    """Width, height and channels for all."""
    colour = given.get("colour") or ("rgb" if any(coloured for *_size, coloured in seen) else "grey")
    channels = 3 if colour == "rgb" else 1
    side = given.get("side")
    sizes = {(width, height) for width, height, _coloured in seen}
    if not side and len(sizes) == 1:
        ((width, height),) = sizes
        if max(width, height) <= _LARGEST_SIDE:
            return width, height, channels
    return side or _USUAL_SIDE, side or _USUAL_SIDE, channels


def _pixels(path: Path, file: Path, size: tuple[int, int], channels: int) -> np.ndarray:
    """uint8 (channels, height, width): the middle of the picture, cut to the proportions of `size` and scaled."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as picture:
            upright = ImageOps.exif_transpose(picture)
            plain = _eight_bits(upright).convert("RGB" if channels == 3 else "L")
            fitted = plain if plain.size == size else ImageOps.fit(plain, size, Image.Resampling.LANCZOS)
            pixels = np.asarray(fitted, np.uint8)
    except (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError) as error:
        raise _damaged(path, file) from error
    return np.moveaxis(pixels, 2, 0) if channels == 3 else pixels[None]


def _eight_bits(picture: "Image") -> "Image":
    """The picture with values from 0 to 255: what is transparent lies on white, 16 bits are scaled and not cut off."""
    from PIL import Image

    if picture.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    if picture.mode == "F":
        values = np.asarray(picture, np.float32)
        most = float(values.max(initial=0.0))
        return _from_values(values, 1.0 if most <= 1.0 else 255.0 if most <= 255.0 else 65535.0)
    if picture.mode.startswith("I"):
        return _from_values(np.asarray(picture, np.float32), 65535.0)
    return picture


def _from_values(values: np.ndarray, white: float) -> "Image":
    from PIL import Image

    return Image.fromarray(np.rint(np.clip(values / white, 0.0, 1.0) * 255).astype(np.uint8))


def _damaged(path: Path, file: Path) -> DataProblem:
    text = _("{file} is cut off or no picture: remove it from the folder and import again.")
    return DataProblem(text.format(file=f"{path.name}/{file.parent.name}/{file.name}"))


def _too_large(path: Path, file: Path) -> DataProblem:
    text = _("{file} has more than {limit:,} pixels: make it smaller or remove it.")
    name = f"{path.name}/{file.parent.name}/{file.name}"
    return DataProblem(text.format(file=name, limit=_MOST_PIXELS))
