"""What the README promises: every command in it runs, every file and folder it names is there."""

import re
import shlex
from pathlib import Path

import pytest
from tree import ROOT

from dllab.cli import main

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^dllab ([^#\n]+)", README, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if "digits.dllab" in command and not Path("digits.dllab").exists():
        assert main(["new", "digits-cnn", "-o", "digits.dllab"]) == 0
    words = shlex.split(command)
    assert main([*words, "--force"] if words[0] == "new" else words) == 0


def test_the_commands_are_found() -> None:
    assert {command.split()[0] for command in COMMANDS} == {
        "doctor", "templates", "layers", "datasets", "new", "check", "cluster", "train", "lr", "step", "probe",
    }  # fmt: skip


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert links
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def test_the_map_names_what_is_there() -> None:
    tree = README.split("## Map", 1)[1].split("```")[1]
    top = ""
    for line in tree.strip().splitlines():
        name = line.split()[0]
        top = top if line.startswith(" ") else name
        path = ROOT / (f"{top}{name}" if line.startswith(" ") else name)
        assert path.exists(), f"{path.relative_to(ROOT)} is not there"


def test_every_folder_is_on_the_map() -> None:
    tree = README.split("## Map", 1)[1].split("```")[1]
    for package in ("dllab", "ui"):
        part = re.split(r"^\S", tree.split(f"\n{package}/", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
        for found in (ROOT / package).iterdir():
            if found.is_dir() and found.name != "__pycache__":
                assert f"  {found.name}/ " in part, f"{package}/{found.name} is missing from the map"


def test_make_knows_the_targets_that_are_named() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    pages = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make (run|test|bench|screenshots|clean)\b", pages)):
        assert re.search(rf"^{target}:", text, re.MULTILINE)
