"""How often tests repeat themselves: quickly by default, and as often as is asked for with `make thorough`."""

import os

THOROUGH = os.environ.get("DLLAB_THOROUGH", "") not in ("", "0")


def times(quick: int, thorough: int) -> int:
    """How often to do something: the first number every day, the second with DLLAB_THOROUGH=1."""
    return thorough if THOROUGH else quick
