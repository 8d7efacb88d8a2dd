"""What may be loaded together. Each test asks a fresh interpreter: this one has loaded everything already."""

import json
import os
import subprocess
import sys

import pytest
from tree import ROOT

WINDOW = {"PySide6", "shiboken6", "pyqtgraph", "superqt", "qtawesome", "qtpy", "ziamath"}
ENGINE = {"torch", "sklearn", "scipy"}
LIGHT = ("text", "files", "declare", "document", "layers", "checking", "data", "recipe", "templates", "doctor")

_LOAD_ALL = """
import importlib, json, pkgutil, sys
package = importlib.import_module(sys.argv[1])
names = [package.__name__]
if hasattr(package, "__path__"):
    names += [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(json.dumps({"loaded": names, "tops": sorted({name.partition(".")[0] for name in sys.modules})}))
"""
_COMMAND = """
import json, sys
from dllab.cli import main
code = main(sys.argv[1:])
sys.stderr.write(json.dumps({"code": code, "tops": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def _python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done


def tops_after_loading(package: str) -> set[str]:
    facts = json.loads(_python(_LOAD_ALL, package).stdout)
    assert package in facts["loaded"]
    return set(facts["tops"])


@pytest.mark.parametrize("package", [f"dllab.{name}" for name in LIGHT])
def test_the_part_the_window_shares_loads_neither_torch_nor_qt(package: str) -> None:
    assert not tops_after_loading(package) & (WINDOW | ENGINE)


def test_nothing_in_the_laboratory_loads_qt() -> None:
    tops = tops_after_loading("dllab")
    assert "torch" in tops, "the test would see it"
    assert not tops & (WINDOW | {"ui"})


def test_nothing_in_the_window_loads_torch_or_scikit_learn() -> None:
    tops = tops_after_loading("ui")
    assert "PySide6" in tops, "the test would see it"
    assert not tops & ENGINE


@pytest.mark.parametrize(
    "command",
    [["doctor"], ["templates"], ["layers", "--json"], ["datasets"], ["new", "xor-mlp", "-o", "{folder}/x.dllab"]],
    ids=lambda command: command[0],
)
def test_commands_that_only_tell_something_load_no_torch(command: list[str], tmp_path) -> None:
    done = _python(_COMMAND, *(word.format(folder=tmp_path) for word in command))
    facts = json.loads(done.stderr.splitlines()[-1])
    assert facts["code"] == 0
    assert not set(facts["tops"]) & (ENGINE | WINDOW)


def test_check_loads_no_torch(tmp_path) -> None:
    path = str(tmp_path / "x.dllab")
    _python(_COMMAND, "new", "digits-cnn", "-o", path)
    facts = json.loads(_python(_COMMAND, "check", path).stderr.splitlines()[-1])
    assert facts["code"] == 0
    assert not set(facts["tops"]) & (ENGINE | WINDOW)
