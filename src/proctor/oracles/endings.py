"""Which ends of a call a test may expect, and which are crashes that need evidence before anybody is blamed."""

from __future__ import annotations

from proctor.execution.records import Observation, Raised

_CRASHES = frozenset(
    f"builtins:{name}"
    for name in (
        "TypeError",
        "AttributeError",
        "NameError",
        "UnboundLocalError",
        "RecursionError",
        "MemoryError",
        "SystemError",
        "OverflowError",
        "AssertionError",
        "ZeroDivisionError",
        "BaseException",
        "KeyboardInterrupt",
        "SystemExit",
    )
)
_LOOKUPS = frozenset({"builtins:KeyError", "builtins:IndexError"})
_LOOKUP_FUNCTIONS = ("__getitem__", "__delitem__", "__missing__", "get", "pop", "remove", "index", "popitem", "peek")
# The database library was handed something that no column takes.
_ILL_TYPED = frozenset({"StatementError", "InterfaceError", "ProgrammingError", "ArgumentError", "DataError"})


def is_acceptable(seen: Observation) -> bool:
    """Whether a test may state that the call ends this way: it returns, or raises what it means to raise."""
    raised = seen.raised
    return raised is None or _is_meant(raised)


def _is_meant(raised: Raised) -> bool:
    if raised.origin == "explicit":
        return True
    name = raised.type.partition(":")[2]
    if raised.type in _CRASHES or name in _ILL_TYPED or "proctor_probe" in raised.type:
        return False
    if raised.type in _LOOKUPS:
        return raised.function.startswith(_LOOKUP_FUNCTIONS)
    return "builtins:Exception" in raised.bases
