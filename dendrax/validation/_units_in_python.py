"""The units of a population in one trial: their variables, and their equations as Python."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dendrax.validation._group import weight_names
from dendrax.validation.transcriptions import Equations

_FUNCTIONS: dict[str, Any] = {
    **{name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "sqrt", "sign")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "floor", "ceil")},
    **{"abs": np.abs, "where": np.where, "clip": np.clip, "pi": np.pi, "infinity": np.inf},
    "int": lambda x: np.trunc(np.asarray(x, dtype=float)),
}


class Units:
    """Neurons with the same equations, and numbers of their own.

    Parameters
    ----------
    equations : Equations
        Constants that differ between units have an axis of units.
    n : int
    wanted : sequence of str
        The variables that are recorded.
    """

    def __init__(self, equations: Equations, n: int, wanted: Sequence[str]) -> None:
        self.n, self.wanted, self.states = n, wanted, [*equations.rates]
        self.shorthand = _lines(equations.shorthand)
        self.observed = _lines(equations.observed)
        self._rates = compile(f"({', '.join(equations.rates.values())},)", "rates", "eval")
        self._condition = compile(equations.condition or "-1", "condition", "eval")
        self._timer = compile(equations.timer or "infinity", "timer", "eval")
        self._reset = compile(equations.reset, "reset", "exec")
        self._expired = compile(equations.expired, "expired", "exec")
        self._arrival = compile(equations.arrival.replace("_post", ""), "arrival", "exec")
        first = {**dict.fromkeys(self.states, 0.0), **equations.start, **equations.marks}
        self.lasting = {x: np.full(n, value, dtype=float) for x, value in first.items()}
        self.constants = equations.constants
        self.scope = {**_FUNCTIONS, **self.constants, **self.lasting, "electrode": 0.0}

    @property
    def size(self) -> int:
        """The number of states of all units."""
        return self.n * len(self.states)

    @property
    def y(self) -> np.ndarray:
        """The states, one after the other."""
        return np.concatenate([self.scope[x] for x in self.states])

    def place(self, t: float, y: np.ndarray, electrode: Any) -> None:
        """Put the states to what they are at a time (ms), and the injected current."""
        self.scope |= zip(self.states, y.reshape(len(self.states), self.n), strict=True)
        self.scope |= {"now": t, "electrode": electrode}

    def rates(self) -> np.ndarray:
        """Return the rates of the states, per ms."""
        exec(self.shorthand, self.scope)
        return np.concatenate([self._each(rate) for rate in eval(self._rates, self.scope)])

    def guard(self) -> np.ndarray:
        """Return the spike condition of each unit."""
        exec(self.shorthand, self.scope)
        return self._each(eval(self._condition, self.scope))

    def timer(self) -> np.ndarray:
        """Return when (ms) each unit has an event of its own."""
        return self._each(eval(self._timer, self.scope))

    def observe(self) -> None:
        """Put all that may be recorded to what it is at the states."""
        exec(self.shorthand, self.scope)
        exec(self.observed, self.scope)

    def seen(self) -> np.ndarray:
        """Return what is wanted (variable, unit)."""
        self.observe()
        return np.stack([self._each(self.scope[name]) for name in self.wanted])

    def spike(self, k: int, t: float) -> None:
        """Reset a unit that spikes."""
        self._jump(k, self._reset, {"t_spike": t})

    def expire(self, k: int) -> None:
        """Let the event of a unit's own happen."""
        self._jump(k, self._expired, {})

    def arrive(self, k: int, site: int, weight: Any) -> None:
        """Let a spike arrive at a unit."""
        given = {name: each[0] for name, each in weight_names(np.asarray(weight)[None]).items()}
        self._jump(k, self._arrival, {**given, "site": site})

    def _jump(self, k: int, code: Any, given: dict[str, Any]) -> None:
        names = [*self.constants, *self.lasting]
        own = {x: v[k] if np.ndim(v := self.scope[x]) else v for x in names}
        own |= _FUNCTIONS | given | {"electrode": self.scope["electrode"]}
        exec(code, own)
        for name in self.lasting:
            # Not in place: what was handed out stays as it is.
            values = np.array(self.scope[name])
            values[k] = own[name]
            self.scope[name] = values

    def _each(self, value: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, dtype=float), (self.n,))


def _lines(named: dict[str, str]) -> Any:
    return compile("\n".join(f"{name} = {text}" for name, text in named.items()), "named", "exec")
