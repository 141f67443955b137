import atexit
import threading

atexit.register(threading.Event().wait)

def double(number: int) -> int:
    return 2 * number
