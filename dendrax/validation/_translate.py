"""A user's own model in Brian2's language: its methods, traced and printed."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np

from dendrax.errors import ModelError
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import is_parameter, parameters, resolve
from dendrax.validation._terms import Term, printed, read_by, traced
from dendrax.validation._unit import stacked, unit_of
from dendrax.validation.transcriptions import Equations

# Names that Brian2, or the code around a model, has for something else.
_TAKEN = {
    *("t", "dt", "i", "j", "N", "ms", "second", "e", "pi", "inf", "xi", "lastspike"),
    *("not_refractory", "int", "abs", "sign", "clip", "where", "infinity", "guard", "time"),
    *("electrode", "electrode_slope", "weight", "site", "t_spike", "n_lost", "above", "now"),
    *("pace", "step_ms", "h", "rise", "part", "miss", "curve_2", "curve_3", "nearly", "rest"),
    *("after", "waiting", "flowing", "due", "is_rising"),
}


def translate(model: AbstractNeuron) -> Equations:
    """Print a model for Brian2: its equations, spike condition, jumps and traces.

    Each entry of the state becomes a variable; parameters become numbers.

    Raises
    ------
    ModelError
        If a method contains an operation that cannot be printed, which is named, or if the model
        holds parameters of more than one neuron.
    """
    if many := [name for name, entry in parameters(model).items() if entry.is_per_unit]:
        raise ModelError(
            f"{type(model).__name__}.{many[0]} must be that of one neuron, to be translated for "
            "Brian2. Run the neurons one by one."
        )
    return translate_units(model, 1)


def translate_units(model: AbstractNeuron, n: int) -> Equations:
    """Print a model of many units: a parameter in which they differ is a constant of each."""
    units: list[Any] = [resolve(unit_of(model, k)) for k in range(n)]
    neuron = units[0]
    starts = [jax.tree.map(np.asarray, each.init_state()) for each in units]
    start, state = starts[0], _named(starts[0])
    own, constants = _constants(model)

    def method(name: str, *arguments: Any) -> Any:
        return traced(lambda own, *given: getattr(_with(model, own), name)(*given), own, *arguments)

    time, electrode = _variable("time"), _variable("electrode")
    flows = _flows(state, method("dynamics", time, state, electrode))
    guard = method("spike_condition", time, state).item()
    if "time" in read_by([*flows.values(), guard]):
        flows["time"] = 1.0
    shorthand, (*rates, condition) = printed([*flows.values(), guard], "part_")
    observed, shown = _observed(method("observe", state), guard, {*flows})
    timer = method("timer", state).item()
    has_timer = isinstance(timer, Term)
    names = [*map(str, _entries(state))]
    values = stacked([dict(zip(names, map(float, _entries(x)), strict=True)) for x in starts])
    return Equations(
        rates=dict(zip(flows, rates, strict=True)),
        start={x: value for x, value in values.items() if x in flows},
        marks={x: value for x, value in values.items() if x not in flows},
        shorthand=shorthand,
        condition=condition if isinstance(guard, Term) else "",
        reset=_jump(state, method("reset_spiked", _variable("t_spike"), state)),
        arrival=_arrival(neuron, start, method),
        observed=observed,
        shown=shown,
        timer=str(timer) if has_timer else "",
        expired=_jump(state, method("timer_expired", state)) if has_timer else "",
        constants=constants,
    )


def _constants(model: AbstractNeuron) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the parameters in which units differ: as variables by name, and their values."""
    variables, values = {}, {}
    for name, entry in parameters(model).items():
        if entry.is_per_unit:
            variables[name] = np.empty(entry.value.shape[1:], dtype=object)
            for place in np.ndindex(variables[name].shape):
                text = re.sub(r"\W+", "_", "_".join(map(str, ("own", name, *place))))
                variables[name][place] = Term(text)
                values[text] = np.asarray(entry.value)[(slice(None), *place)]
    return variables, values


def _with(model: AbstractNeuron, own: dict[str, Any]) -> Any:
    """Return a model as its equations see it, with some parameters replaced by name."""

    def array(path: Any, node: Any) -> Any:
        return own.get(jtu.keystr(path).lstrip("."), resolve(node))

    return jtu.tree_map_with_path(array, model, is_leaf=is_parameter)


def _variable(name: str) -> np.ndarray:
    return np.array(Term(name), dtype=object)


def _named(state: Any, suffix: str = "") -> Any:
    """Return the state with a variable for each entry, named after where it is."""
    leaves, tree = jtu.tree_flatten_with_path(state)
    taken = set(_TAKEN)
    named = []
    for path, leaf in leaves:
        variables = np.empty(leaf.shape, dtype=object)
        for place in np.ndindex(leaf.shape):
            keys = [*(_key(key) for key in path), *place]
            name = re.sub(r"\W|^(?=\d)", "_", "_".join(map(str, keys))).strip("_") or "state"
            while name in taken or name.endswith(("_pre", "_post")):
                name += "_state"
            taken.add(name)
            variables[place] = Term(name + suffix)
        named.append(variables)
    return tree.unflatten(named)


def _key(key: Any) -> Any:
    return getattr(key, "name", getattr(key, "key", getattr(key, "idx", "")))


def _entries(state: Any) -> list[Any]:
    return [entry for leaf in jax.tree.leaves(state) for entry in np.ravel(leaf)]


def _flows(state: Any, rates: Any) -> dict[str, Any]:
    """Return the rate of each variable that has one."""
    leaves = jax.tree.leaves(state)
    by_leaf = jax.tree.leaves(rates, is_leaf=lambda rate: rate is None)
    return {
        str(x): rate
        for leaf, found in zip(leaves, by_leaf, strict=True)
        if found is not None
        for x, rate in zip(np.ravel(leaf), np.ravel(found), strict=True)
    }


def _observed(
    traces: dict[str, Any], guard: Any, known: set[str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return subexpressions for what is observed, and which variables each trace shows."""
    observed, shown = {}, {}
    for name, entries in {**traces, "guard": np.array(guard, dtype=object)}.items():
        variables = np.empty(entries.shape, dtype=object)
        for place in np.ndindex(entries.shape):
            variable = "_".join(map(str, (name, *place)))
            while variable in known or variable in _TAKEN - {"guard"}:
                variable += "_seen"
            variables[place], entry = variable, entries[place]
            if isinstance(entry, Term) and not entry.operands:
                variables[place] = str(entry)
                continue
            named, (text,) = printed([entry], f"{variable}_")
            observed |= {**named, variable: text}
        shown[name] = variables.tolist()
    return observed, shown


def _arrival(neuron: Any, start: Any, method: Callable) -> str:
    """Return what an input spike does; sites are told apart if the neuron has a number of them."""
    state = _named(start, "_post")
    shape = neuron.weight_shape
    weight = np.empty(shape, dtype=object)
    for k, place in enumerate(np.ndindex(shape)):
        weight[place] = Term(f"weight_{k}" if shape else "weight")
    if neuron.n_sites is None:
        return _jump(state, method("input_spike", state, weight, _variable("site")))
    old = _entries(state)
    new: list[Any] = [*old]
    for site in range(neuron.n_sites):
        here = Term("int({} == {})", Term("site"), site)
        reached = _entries(method("input_spike", state, weight, np.array(site)))
        for k, (before, after) in enumerate(zip(old, reached, strict=True)):
            if after is before:
                continue
            if (more := _addend(before, after)) is None:
                new[k] = Term("where({}, {}, {})", here, after, new[k])
            else:
                new[k] = Term("{} + {}", new[k], Term("{}*{}", here, more))
    return _assigned(old, new)


def _jump(old: Any, new: Any) -> str:
    return _assigned(_entries(old), _entries(new))


def _assigned(old: Sequence[Term], new: Sequence[Any]) -> str:
    """Return the code that puts variables to new values, all at once."""
    changed = {x: value for x, value in zip(old, new, strict=True) if value is not x}
    added = {x: _addend(x, value) for x, value in changed.items()}
    right = [changed[x] if more is None else more for x, more in added.items()]
    signs = ["=" if more is None else "+=" for more in added.values()]
    named, texts = printed(right, "value_")
    lines = [f"{name} = {text}" for name, text in named.items()]
    if len(changed) > 1 and {*map(str, changed)} & read_by(right):
        # Nothing that is still to be read may be overwritten.
        later = {x: f"new_{x}" for x, each in zip(changed, right, strict=True) if read_by([each])}
        pairs = zip(changed, texts, strict=True)
        lines += [f"{later[x]} = {text}" for x, text in pairs if x in later]
        texts = [later.get(x, text) for x, text in zip(changed, texts, strict=True)]
    lines += [f"{x} {sign} {text}" for x, sign, text in zip(changed, signs, texts, strict=True)]
    return "\n".join(lines)


def _addend(x: Term, value: Any) -> Any:
    """Return what is added to a variable; None if it is changed in another way."""
    if not (isinstance(value, Term) and value.text == "{} + {}"):
        return None
    left, right = value.operands
    if right is x:
        left, right = right, left
    if left is x:
        return right
    inner = _addend(x, left)
    return None if inner is None else Term("{} + {}", inner, right)
