"""Spikes and the ends of refractory periods within a step, as Brian2 code.

Brian2 tests thresholds and resets at grid points: each reset comes up to ``dt`` late, and the
delays add up along a train. Here the step in which something happens is taken again in parts: to
the event, through it, and on to the end of the step.
"""

import re

from dendrax.validation._equations import Equations

_NEWTON_ITERATIONS = 6


def spike_code(model: Equations, *, refractory: bool) -> str:
    """Return the reset: find the spike within the last step, rewind to it, and go on from there.

    The spike time is the root of the cubic Hermite polynomial of the watched state, corrected by
    one step of Newton's method at the state that Runge-Kutta's method has there.
    """
    x = model.watched
    lines = [
        "h = pace*step_ms",
        *_rate(model, x, "start_", "rate_0"),
        *_rate(model, x, "", "rate_1"),
        f"rise = {x} - start_{x}",
        f"goal = {model.level} - start_{x}",
        "curve_2 = 3*rise - h*(2*rate_0 + rate_1)",
        "curve_3 = h*(rate_0 + rate_1) - 2*rise",
        "part = goal/rise",
    ]
    for _ in range(_NEWTON_ITERATIONS):
        lines += [
            "miss = ((curve_3*part + curve_2)*part + h*rate_0)*part - goal",
            "part = clip(part - miss/((3*curve_3*part + 2*curve_2)*part + h*rate_0), 0, 1)",
        ]
    lines += [
        "nearly = part*h",
        *_rewind(model),
        *(line for share in model.approach for line in runge_kutta(model, f"({share}*nearly)")),
        *_rate(model, x, "", "rate_2"),
        f"rest = clip(({model.level} - {x})/rate_2, -nearly, h - nearly)",
        *runge_kutta(model, "rest"),
        "after = h - nearly - rest",
        "t_spike = now + nearly + rest",
        *model.reset.strip().splitlines(),
    ]
    if refractory:
        lines += [
            "t_ready = t_spike + t_ref",
            *_wait_then_flow(model, "clip(t_ref, 0, after)", "after"),
        ]
        lines += ["free = int(t_ready <= now + h)"]
    else:
        lines += runge_kutta(model, "after")
    return "\n".join([*lines, _COUNT_LOST.format(x=x, level=model.level)])


def wake_code(model: Equations) -> str:
    """Return what happens in the step in which a refractory period ends."""
    lines = [*_rewind(model), *_wait_then_flow(model, "t_ready - now", "pace*step_ms")]
    return "\n".join([*lines, _COUNT_LOST.format(x=model.watched, level=model.level)])


_COUNT_LOST = "n_lost += int({x} >= {level})"


def _wait_then_flow(model: Equations, waiting: str, total: str) -> list[str]:
    return [
        f"waiting = {waiting}",
        f"flowing = {total} - waiting",
        "free = 0",
        *runge_kutta(model, "waiting"),
        "free = 1",
        *runge_kutta(model, "flowing"),
    ]


def _rewind(model: Equations) -> list[str]:
    return [f"{x} = start_{x}" for x in model.rates]


def runge_kutta(model: Equations, length: str) -> list[str]:
    """Return a step of the classical fourth-order Runge-Kutta method, of a length in ms."""
    lines = []
    for stage, advance in ((1, None), (2, "0.5*"), (3, "0.5*"), (4, "")):
        for x in model.rates:
            ahead = "" if advance is None else f" + {advance}{length}*slope{stage - 1}_{x}"
            lines.append(f"at{stage}_{x} = {x}{ahead}")
        for name, expression in model.shorthand.items():
            lines.append(f"at{stage}_{name} = {_at(model, expression, f'at{stage}_')}")
        for x, rate in model.rates.items():
            lines.append(f"slope{stage}_{x} = {_at(model, rate, f'at{stage}_')}")
    for x in model.rates:
        mean = f"(slope1_{x} + 2*slope2_{x} + 2*slope3_{x} + slope4_{x})/6"
        lines.append(f"{x} = {x} + {length}*{mean}")
    return lines


def _rate(model: Equations, x: str, prefix: str, name: str) -> list[str]:
    """Return the code of the rate of one state, at states that bear a prefix."""
    at = f"{name}_at_"
    states = [f"{at}{each} = {prefix}{each}" for each in model.rates]
    shorthand = [f"{at}{each} = {_at(model, text, at)}" for each, text in model.shorthand.items()]
    return [*states, *shorthand, f"{name} = {_at(model, model.rates[x], at)}"]


def _at(model: Equations, expression: str, prefix: str) -> str:
    names = "|".join([*model.rates, *model.shorthand])
    return re.sub(rf"\b({names})\b", rf"{prefix}\1", expression)
