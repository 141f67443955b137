class Strange(BaseException):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


raise Strange

def double(number: int) -> int:
    return 2 * number
