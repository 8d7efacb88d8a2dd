"""A layer whose forward pass is a small Python class written in the lab. Nothing here runs it: it is only parsed."""

import ast
import warnings
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, Shape, layer
from dllab.text import N_

FIRST_CODE = '''class Scale(nn.Module):
    """Multiplies its input by a number that it learns."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.factor * x
'''
"""What a new custom layer holds. It comes with the lab, so it needs nobody's trust."""


@layer
class Custom(Layer):
    """Runs a small Python class of your own, which you write in the inspector.

    $y = f(x)$ with your own $f$: `torch`, `nn` and `F` (torch.nn.functional) are there, and the
    class is a `torch.nn.Module`. The code runs in the training
    process only, and only after you have said that you trust it: code from elsewhere can do whatever you can do.

    Reference: `torch.nn.Module`.
    """

    kind: ClassVar[str] = "custom"
    title: ClassVar[str] = N_("Custom")
    family: ClassVar[str] = "combine"
    glyph: ClassVar[str] = "mdi6.code-braces"
    composite: ClassVar[bool] = True

    output: tuple[Annotated[int, Field(ge=1, le=1_000_000)], ...] = Field(
        (), title=N_("Output shape"), description=N_("Extents of what the code puts out; empty: as what comes in")
    )
    learned: Annotated[int, Field(ge=0, le=2**31)] = Field(
        1, title=N_("Learned numbers"), description=N_("How many numbers the code learns; the run checks it")
    )
    code: Annotated[str, Field(max_length=20_000)] = Field(FIRST_CODE, json_schema_extra={"form": False})

    def shape(self, *inputs: Shape) -> Shape:
        class_name(self.code)
        return self.output or inputs[0]

    def parameters(self, *inputs: Shape) -> int:
        return self.learned

    def call(self, *inputs: Shape) -> Call | None:
        return Call(
            f"custom.{class_name(self.code)}", source=self.code, promise=(inputs[0], self.shape(*inputs), self.learned)
        )


def class_name(code: str) -> str:
    """The class that the layer is, the last one in the code. Raises Misfit with the line where it can't be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = ast.parse(code)
    except SyntaxError as error:
        raise Misfit("code", N_("Line {line}: {reason}."), "code", line=error.lineno or 1, reason=error.msg) from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise Misfit("code", N_("Line {line}: {reason}."), "code", line=1, reason=str(error) or "too deep") from error
    names = [statement.name for statement in parsed.body if isinstance(statement, ast.ClassDef)]
    if not names:
        raise Misfit("code", N_("The code needs a class: class Mine(nn.Module), with a method forward."), "code")
    return names[-1]
