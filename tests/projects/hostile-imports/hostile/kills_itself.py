import os
import signal

os.kill(os.getpid(), signal.SIGKILL)

def double(number: int) -> int:
    return 2 * number
