"""Spikes, and events of a neuron's own such as the ends of refractory periods, as Brian2 code.

Brian2 tests thresholds and resets at grid points: each reset comes up to ``dt`` late, and the
delays add up along a train. Here the step in which something happens is taken again in parts: to
the event, through it, and on to the end of the step.
"""

import re

from dendrax.validation.transcriptions import Equations

_NEWTON_ITERATIONS = 6
# How far (ms) to look along the flow for the speed of the spike condition: errors of the difference
# and of rounding are both of the order of 1e-8.
_AHEAD = 1e-6


def spike_code(model: Equations) -> str:
    """Return the reset: find the spike within the last step, rewind to it, and go on from there.

    The spike time is the root of the cubic Hermite polynomial of the spike condition, corrected by
    one step of Newton's method at the state that Runge-Kutta's method has there.
    """
    lines = [
        "h = pace*step_ms",
        *_speed(model, "start_", 0),
        *_speed(model, "", 1),
        "is_rising = int(guard_0 < 0)",
        "rise = where(is_rising, guard_1 - guard_0, 1)",
        "curve_2 = 3*rise - h*(2*speed_0 + speed_1)",
        "curve_3 = h*(speed_0 + speed_1) - 2*rise",
        "part = -guard_0/rise",
    ]
    for _ in range(_NEWTON_ITERATIONS):
        lines += [
            "miss = ((curve_3*part + curve_2)*part + h*speed_0)*part + guard_0",
            "part = clip(part - miss/((3*curve_3*part + 2*curve_2)*part + h*speed_0), 0, 1)",
        ]
    lines += [
        "nearly = is_rising*part*h",
        *_rewind(model),
        *(line for share in model.approach for line in runge_kutta(model, f"({share}*nearly)")),
        *_speed(model, "", 2),
        "rest = is_rising*clip(-guard_2/speed_2, -nearly, h - nearly)",
        *runge_kutta(model, "rest"),
        "after = h - nearly - rest",
        "t_spike = now + nearly + rest",
        *model.reset.strip().splitlines(),
    ]
    if model.timer:
        lines += [
            f"waiting = clip({model.timer} - t_spike, 0, after)",
            *runge_kutta(model, "waiting"),
            f"due = int({model.timer} <= now + h)",
            *_if_due(model),
            "flowing = after - waiting",
            *runge_kutta(model, "flowing"),
        ]
    else:
        lines += runge_kutta(model, "after")
    return "\n".join([*lines, *_count_lost(model)])


def wake_code(model: Equations) -> str:
    """Return what happens in the step in which the neuron has an event of its own."""
    lines = [
        *_rewind(model),
        f"waiting = {model.timer} - now",
        *runge_kutta(model, "waiting"),
        *model.expired.splitlines(),
        "flowing = pace*step_ms - waiting",
        *runge_kutta(model, "flowing"),
    ]
    return "\n".join([*lines, *_count_lost(model)])


def _count_lost(model: Equations) -> list[str]:
    again = [f"n_lost += int({model.condition} >= 0)"] if model.condition else []
    return again + ([f"n_lost += int({model.timer} <= now + pace*step_ms)"] if model.timer else [])


def _if_due(model: Equations) -> list[str]:
    """Return the event of the neuron's own, without effect on those for which it is not due."""
    lasting = {*model.rates, *model.marks}
    lines = []
    for line in model.expired.splitlines():
        x, sign, text = line.split(" ", 2)
        after = text if sign == "=" else f"{x} + ({text})"
        lines.append(f"{x} = where(due, {after}, {x})" if x in lasting else line)
    return lines


def _rewind(model: Equations) -> list[str]:
    return [f"{x} = start_{x}" for x in model.rates]


def runge_kutta(model: Equations, length: str) -> list[str]:
    """Return a step of the classical fourth-order Runge-Kutta method, of a length in ms."""
    lines = []
    for stage, advance in ((1, None), (2, "0.5*"), (3, "0.5*"), (4, "")):
        ahead = "" if advance is None else f" + {advance}{length}*slope{stage - 1}_{{x}}"
        lines += _slopes(model, f"{{x}}{ahead}", str(stage))
    for x in model.rates:
        mean = f"(slope1_{x} + 2*slope2_{x} + 2*slope3_{x} + slope4_{x})/6"
        lines.append(f"{x} = {x} + {length}*{mean}")
    return lines


def _slopes(model: Equations, state: str, name: str) -> list[str]:
    """Return the code of the rates ``slope{name}_x``, where each ``{x}`` is as a template says."""
    at = f"at{name}_"
    lines = [f"{at}{x} = {state.format(x=x)}" for x in model.rates]
    lines += [f"{at}{x} = {_at(model, text, at)}" for x, text in model.shorthand.items()]
    # What is the same for all neurons would have to be written before what is not.
    return lines + [
        f"slope{name}_{x} = {_at(model, rate, at)} + 0*now" for x, rate in model.rates.items()
    ]


def _speed(model: Equations, prefix: str, k: int) -> list[str]:
    """Return the code of the spike condition and its rate, at states that bear a prefix."""
    name = f"_of_{k}"
    lines = _slopes(model, f"{prefix}{{x}}", name)
    lines.append(f"guard_{k} = {_at(model, model.condition, f'at{name}_')}")
    for side, sign in (("ahead", "+"), ("behind", "-")):
        at = f"{side}_{k}_"
        lines += [f"{at}{x} = at{name}_{x} {sign} {_AHEAD}*slope{name}_{x}" for x in model.rates]
        lines += [f"{at}{x} = {_at(model, text, at)}" for x, text in model.shorthand.items()]
        lines.append(f"guard_{side}_{k} = {_at(model, model.condition, at)}")
    lines.append(f"speed_{k} = (guard_ahead_{k} - guard_behind_{k})/{2 * _AHEAD}")
    return lines


def _at(model: Equations, expression: str, prefix: str) -> str:
    names = "|".join([*model.rates, *model.shorthand])
    return re.sub(rf"\b({names})\b", rf"{prefix}\1", expression)
