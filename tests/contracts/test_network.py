"""The lab opens no connection, not even to look for data or updates."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

_WATCHED = """
import sys
seen = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request"):
        seen.append(f"{event} {arguments[1:]}")
sys.addaudithook(watch)
from dllab.cli import main
code = main(sys.argv[1:])
print(*seen, sep="\\n", file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("template", ["digits-softmax", "moons-mlp"])
def test_a_whole_run_opens_no_connection(template: str, tmp_path: Path) -> None:
    path = str(tmp_path / "x.dllab")
    for arguments in (["new", template, "-o", path], ["train", path, "--epochs", "1", "--device", "cpu", "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", _WATCHED, *arguments], capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert done.returncode == 0
        assert done.stderr.strip() == ""
    assert json.loads(done.stdout.splitlines()[-1])["event"] == "done"


def test_the_watch_over_all_tests_sees_a_connection() -> None:
    with socket.socket() as line, pytest.raises(AssertionError, match="network"):
        line.connect(("127.0.0.1", 9))
