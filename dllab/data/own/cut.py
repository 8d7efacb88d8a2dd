"""How text and series are cut into samples, as far as somebody has said so."""

from dataclasses import dataclass

from dllab.data.own.source import Unit


@dataclass(frozen=True)
class Cut:
    """Empty, 0 or None: to be chosen by what is in the data."""

    unit: Unit | None = None
    small: bool | None = None
    """Whether capital letters are made small."""
    window: int = 0
    stride: int = 0
    horizon: int = 0
    vocabulary: int = 0
    """How many different characters or words are known."""
    words: str = ""
    """The column whose words are read."""
    length: int = 0
    """Words of the longest text; what follows is cut off."""


AS_IT_COMES = Cut()
