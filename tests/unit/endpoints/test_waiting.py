"""How often something is asked again."""

import random

import pytest

from whimsight.endpoints.faults import Fault
from whimsight.endpoints.waiting import Tries

BUSY = Fault("rate limit", "busy", retry=True)
BROKEN = Fault("server error", "broken", retry=True)


def sent(faults, most, *, alive):
    """Return how often a request is sent that meets these faults."""
    tries = Tries(random.Random(0))
    for number, fault in enumerate(faults, start=1):
        tries.wait(fault)
        if tries.over(most, alive=alive):
            return number
    return len(faults) + 1


@pytest.mark.parametrize(
    ("faults", "most", "alive", "times"),
    [
        ([BROKEN] * 20, 5, True, 5),
        ([BROKEN] * 20, 5, False, 3),
        ([BROKEN] * 20, 2, False, 2),
        ([BUSY] * 20, 1, False, 12),
        ([BUSY] * 11, 1, True, 12),
        ([BUSY] * 9 + [BROKEN] * 20, 5, True, 14),
    ],
)
def test_rate_limits_are_counted_apart(faults, most, alive, times):
    assert sent(faults, most, alive=alive) == times


def test_waits_grow_with_the_faults_of_their_kind_and_are_never_shorter_than_asked_for():
    tries = Tries(random.Random(0))
    for number in range(8):
        assert 0 <= tries.wait(BUSY) <= min(30.0, 0.5 * 2**number)
    assert tries.wait(BROKEN) <= 0.5
    assert tries.wait(Fault("rate limit", "busy", retry=True, wait=200.0)) == 200.0
