"""The operators and built-in functions through which special methods are called, as a reader of a test would."""

from __future__ import annotations

import math
import operator
from typing import Any, Callable, Final


def _swapped(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda receiver, other: function(other, receiver)


_BINARY: Final = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift", "and_", "or_", "xor"),
)

OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "__len__": len,
    "__bool__": bool,
    "__str__": str,
    "__repr__": repr,
    "__hash__": hash,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__bytes__": bytes,
    "__iter__": iter,
    "__next__": next,
    "__reversed__": reversed,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__abs__": abs,
    "__invert__": operator.invert,
    "__round__": round,
    "__trunc__": math.trunc,
    "__floor__": math.floor,
    "__ceil__": math.ceil,
    "__index__": operator.index,
    "__contains__": operator.contains,
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__divmod__": divmod,
    "__rdivmod__": lambda receiver, other: divmod(other, receiver),
    "__format__": format,
    "__call__": lambda receiver, *args, **keywords: receiver(*args, **keywords),
    **{f"__{name}__": getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{f"__{name.rstrip('_')}__": getattr(operator, name) for name in _BINARY},
    **{f"__r{name.rstrip('_')}__": _swapped(getattr(operator, name)) for name in _BINARY},
    **{f"__i{name.rstrip('_')}__": getattr(operator, f"i{name.rstrip('_')}") for name in _BINARY},
}

# These bind the receiver's name anew.
IN_PLACE: Final = frozenset(f"__i{name.rstrip('_')}__" for name in _BINARY)
