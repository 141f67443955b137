import threading

for _ in range(4):
    threading.Thread(target=threading.Event().wait).start()

def double(number: int) -> int:
    return 2 * number
