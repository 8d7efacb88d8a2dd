"""The worked examples of CONTRIBUTING.md are a plugin that works: installed, tested by its own tests, and used."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tree import ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^# (my_lab/\w+\.py)\n")


def blocks(language: str) -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return [body for name, body in _BLOCK.findall(text) if name == language]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like one where pip has installed the plugin."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "my_lab").mkdir()
    (folder / "my_lab" / "__init__.py").write_text('"""A plugin."""\n')
    for body in blocks("python"):
        name = _FILE.match(body)
        assert name, f"a block of Python says which file it is: {body[:60]!r}"
        (folder / name[1]).write_text(body.removeprefix(name[0]), encoding="utf-8")
    (project,) = [tomllib.loads(body)["project"] for body in blocks("toml")]
    facts = folder / f"my_lab-{project['version']}.dist-info"
    facts.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (facts / "METADATA").write_text(head)
    groups = (
        "\n".join([f"[{group}]", *(f"{name} = {place}" for name, place in entries.items())])
        for group, entries in project["entry-points"].items()
    )
    (facts / "entry_points.txt").write_text("\n".join(groups))
    return folder


def python(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(site), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "QT_QPA_PLATFORM": "offscreen", "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=200, env=environment, cwd=site
    )


@pytest.mark.timeout(240)
def test_the_examples_pass_their_own_tests(site: Path) -> None:
    files = sorted(str(path) for path in (site / "my_lab").glob("test_*.py"))
    assert len(files) == 3
    done = python(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_examples_are_written_as_the_checks_want_them(site: Path) -> None:
    settings = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for words in (["check", "--ignore", "D100,D101,D103,I001"], ["format", "--check"]):
        done = python(site, "-m", "ruff", *words, *settings, str(site))
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_lab_offers_what_the_plugin_brings(site: Path) -> None:
    layers = json.loads(python(site, "-m", "dllab", "layers", "--json").stdout)
    assert "prelu" in [layer["kind"] for layer in layers]
    data = json.loads(python(site, "-m", "dllab", "datasets", "--json").stdout)
    assert "parabola" in [dataset["kind"] for dataset in data]
    done = python(site, "-c", "from ui.views import VIEWS; print([view.id for view in VIEWS])")
    assert "'norms'" in done.stdout, done.stderr


def test_an_experiment_trains_with_the_new_layer_on_the_new_data(site: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "x.dllab")
    assert python(site, "-m", "dllab", "new", "moons-mlp", "-o", path).returncode == 0
    text = Path(path).read_text()
    assert '"kind": "relu"' in text or '"kind": "tanh"' in text
    Path(path).write_text(re.sub(r'"kind": "(relu|tanh)"', '"kind": "prelu"', text))
    settings = ["--set", 'data={"kind": "parabola"}', "--epochs", "20", "--device", "cpu", "--json"]
    done = python(site, "-m", "dllab", "train", path, *settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["test"]["accuracy"] > 0.8


def test_a_plugin_that_is_broken_stops_nothing(site: Path, tmp_path: Path) -> None:
    facts = tmp_path / "broken-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    lines = (f"[dllab.{group}]\nbroken = nosuch:THING" for group in ("layers", "datasets", "probes", "views"))
    (facts / "entry_points.txt").write_text("\n".join(lines))
    done = python(tmp_path, "-m", "dllab", "layers")
    assert done.returncode == 0
    assert "broken could not be loaded: ModuleNotFoundError" in done.stdout
    assert (
        python(tmp_path, "-c", "import ui.views; from dllab.probes.base import load_probes; load_probes()").returncode
        == 0
    )
