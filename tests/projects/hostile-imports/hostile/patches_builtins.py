import builtins


def broken(*args, **kwargs):
    raise RuntimeError("patched")


for name in ("open", "print", "isinstance", "len", "getattr", "sorted"):
    setattr(builtins, name, broken)

def double(number: int) -> int:
    return 2 * number
