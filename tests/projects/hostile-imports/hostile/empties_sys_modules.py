import sys

for name in list(sys.modules):
    if not name.startswith("_") and name not in ("sys", "builtins"):
        del sys.modules[name]
sys.modules["json"] = None

def double(number: int) -> int:
    return 2 * number
