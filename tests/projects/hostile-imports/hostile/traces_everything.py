import sys


def trace(frame, event, argument):
    raise RuntimeError("traced")


sys.settrace(trace)
sys.setprofile(trace)

def double(number: int) -> int:
    return 2 * number
