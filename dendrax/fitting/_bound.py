"""Whether a fit has run into a bound."""

import math

from dendrax.parameters import share_of

# A value this close to a bound, as a share of the distance of both, is at it.
_NEAR = 0.01


def which_bound(value: float, low: float, high: float) -> str:
    """Return at which bound, ``"low"`` or ``"high"``, a value is; nothing if at neither.

    Between bounds more than a decade apart, closeness is that of logarithms. A half line has no
    scale of its own, so that nothing is close to its end.

    Examples
    --------
    >>> which_bound(-59.9, -60.0, -40.0), which_bound(0.1, 1e-3, 10.0)
    ('low', '')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    share = share_of(value, low, high)
    return "low" if share < _NEAR else "high" if share > 1 - _NEAR else ""
