"""Nothing in the lab reaches for the network: whoever tries fails, in every test of the session."""

import sys
from typing import Any


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: addresses of the internet are tuples, those of this machine's own sockets are not."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        raise AssertionError(f"the network was reached for: {arguments[1]}")


# It stays for the rest of the process, so all tests run under it, wherever they are.
sys.addaudithook(watch)
