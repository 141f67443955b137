import sys

sys.setrecursionlimit(1_000_000_000)


class Deep:
    def __repr__(self):
        return repr(self) + ""


repr(Deep())

def double(number: int) -> int:
    return 2 * number
