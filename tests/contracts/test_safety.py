"""Files that people exchange are never executed (no unpickling, no eval), and nothing runs through a shell."""

import ast

import pytest
from tree import dotted, sources

FORBIDDEN_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.jit.load", "torch.export.load",
    "torch.hub.load", "shutil.unpack_archive",
}  # fmt: skip
FORBIDDEN_METHODS = {"extractall"}
FORBIDDEN_OPTIONS = {("allow_pickle", True), ("weights_only", False), ("shell", True)}
# Loading code by name is right where the name is written in the project or comes from an installed plugin.
MAY_IMPORT_BY_NAME = {"dllab/declare.py", "dllab/cli/__init__.py", "dllab/probes/base.py", "ui/views/declared.py"}
# The one place where code from a document runs, behind the person's trust; tests/dllab/test_custom.py has the canary.
MAY_EXECUTE = {"dllab/build/custom.py": {"exec", "compile"}}


def findings(path: str, tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        here = f"{path}:{getattr(node, 'lineno', 0)}"
        match node:
            case ast.Import(names=names):
                found += [f"{here} import {n.name}" for n in names if n.name.partition(".")[0] in FORBIDDEN_MODULES]
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in FORBIDDEN_MODULES:
                found.append(f"{here} from {module} import …")
            case ast.Call(func=func, keywords=keywords):
                name = dotted(func)
                if name in MAY_EXECUTE.get(path, ()):
                    continue
                if name in FORBIDDEN_CALLS or name.rpartition(".")[2] in FORBIDDEN_METHODS:
                    found.append(f"{here} {name}()")
                if name.endswith("import_module") and path not in MAY_IMPORT_BY_NAME:
                    found.append(f"{here} {name}()")
                if name == "torch.load" and not any(k.arg == "weights_only" for k in keywords):
                    found.append(f"{here} torch.load without weights_only=True")
                for k in keywords:
                    value = k.value.value if isinstance(k.value, ast.Constant) else None
                    if (k.arg, value) in FORBIDDEN_OPTIONS:
                        found.append(f"{here} {name}({k.arg}={value})")
    return found


def test_nothing_executes_or_unpickles_what_a_file_holds() -> None:
    found = [line for path, _text, tree in sources("dllab", "ui") for line in findings(path, tree)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from joblib import load", "eval('1')", "exec(text)", "np.load(f, allow_pickle=True)",
        "torch.load(f)", "torch.load(f, weights_only=False)", "z.extractall()", "importlib.import_module(name)",
        "subprocess.run(x, shell=True)",
    ],
)  # fmt: skip
def test_the_gate_sees_what_it_is_there_for(line: str) -> None:
    assert findings("x.py", ast.parse(line))


@pytest.mark.parametrize("line", ["model.eval()", "app.exec()", "re.compile('a')", "np.load(f, allow_pickle=False)"])
def test_the_gate_lets_harmless_names_pass(line: str) -> None:
    assert not findings("x.py", ast.parse(line))
