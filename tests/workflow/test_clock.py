import time

from proctor.workflow.clock import SystemClock


def test_the_system_clock_gives_the_time_of_this_machine() -> None:
    before, clock_now, after = time.time(), SystemClock().now(), time.time()

    assert before <= clock_now <= after


def test_the_monotonic_clock_never_goes_backwards() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]

    assert readings == sorted(readings)
