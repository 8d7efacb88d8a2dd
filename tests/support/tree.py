"""The project's own files, as the contract tests read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_OWN = ("dllab", "ui", "tests", "benchmarks", "docs", "resources", ".ci")
_TEXT = {".py", ".md", ".toml", ".txt", ".dllab", ".json", ".yml", ".yaml", ".po", ".svg", ".cfg", ""}


def text_files() -> Iterator[Path]:
    """Every file of the project that people can read."""
    tops = [path for path in ROOT.iterdir() if path.is_file()]
    for name in _OWN:
        tops += [path for path in (ROOT / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    yield from sorted(path for path in tops if path.suffix in _TEXT)


def sources(*packages: str) -> Iterator[tuple[str, str, ast.Module]]:
    """(path below the project, text, syntax tree) of every Python file in these folders."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield path.relative_to(ROOT).as_posix(), text, ast.parse(text)


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an expression that is only names and dots; the last part otherwise."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
        case _:
            return "?"
