"""How time grows with the amount of work, told on a machine that does other things at the same time."""

from collections.abc import Callable
from math import inf

#: Twice the work takes about twice the time; what compares everything with everything takes four times.
LINEAR = 2.6
_LEAST, _MOST = 3, 9  # rounds


def growth(cost: Callable[[int], float], size: int) -> float:
    """Return how many times as long the double of a size takes, the least that was seen of each.

    A busy machine adds time and never takes any away, so the least of several is nearest to what the work itself costs.
    Both sizes take turns, that a busy moment does not meet one of them alone, until the growth is shown to be linear.

    Args:
        cost: CPU seconds of the process for a size.
        size: As generous as a test's patience allows: small sizes measure what is paid once.
    """
    once = twice = inf
    for number in range(_MOST):
        once = min(once, cost(size))
        twice = min(twice, cost(2 * size))
        if number + 1 >= _LEAST and twice / once < LINEAR:
            break
    return twice / once
