"""What is large says why: a comment `# long: reason` on it or right above it (for a file, among its first lines)."""

import ast
from collections.abc import Iterator

from tree import sources

FUNCTION_LINES, FILE_LINES, CLASS_LINES, CLASS_METHODS = 40, 400, 300, 25


def too_long(path: str, text: str, tree: ast.Module) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) > FILE_LINES and not any("# long:" in line for line in lines[:40]):
        yield f"{path} has {len(lines)} lines"
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or _excused(node, lines):
            continue
        size = _size(node)
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
            if size > CLASS_LINES or methods > CLASS_METHODS:
                yield f"{path}:{node.lineno} class {node.name}: {size} lines, {methods} methods"
        elif size > FUNCTION_LINES:
            yield f"{path}:{node.lineno} {node.name}: {size} lines"


def _size(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Lines without the docstring."""
    assert node.end_lineno is not None
    size = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None and first.end_lineno is not None:
        size -= first.end_lineno - first.lineno + 1
    return size


def _excused(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: list[str]) -> bool:
    top = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return any("# long:" in line for line in lines[max(0, top - 2) : node.body[0].lineno])


def test_what_is_large_says_why() -> None:
    found = [line for path, text, tree in sources("dllab", "ui", "benchmarks") for line in too_long(path, text, tree)]
    assert found == []


def test_the_measure_sees_a_long_function_and_its_excuse() -> None:
    body = "\n".join(f"    x = {n}" for n in range(FUNCTION_LINES))
    for head, expected in (("def f():", 1), ("def f():  # long: a table", 0), ("# long: a table\ndef f():", 0)):
        text = f"{head}\n{body}\n"
        assert len(list(too_long("x.py", text, ast.parse(text)))) == expected
