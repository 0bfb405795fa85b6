"""A function of JAX as text: its jaxpr, carried out on the entries of arrays, and printed.

An entry is a number where it depends on nothing but numbers; else it is a :class:`Term`, and
operations make terms of terms. What moves entries around (``reshape``, ``concatenate``, ...) is
carried out on their indices.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import reduce
from math import isnan, prod
from typing import Any

import jax
import numpy as np

from dendrax.errors import ModelError

# How an operation on scalars is printed; comparisons and what follows of them are 0 or 1.
_PRINTED = {
    "add": "{} + {}",
    "add_any": "{} + {}",
    "sub": "{} - {}",
    "mul": "{}*{}",
    "div": "{}/{}",
    "neg": "-{}",
    "pow": "{}**{}",
    "square": "{}**2",
    "rsqrt": "1/sqrt({})",
    "exp2": "2**{}",
    "logistic": "1/(1 + exp(-{}))",
    "max": "clip({}, {}, infinity)",
    "min": "clip({}, -infinity, {})",
    "clamp": "clip({1}, {0}, {2})",
    "select_n": "where({0}, {2}, {1})",
    "gt": "int({} > {})",
    "ge": "int({} >= {})",
    "lt": "int({} < {})",
    "le": "int({} <= {})",
    "eq": "int({} == {})",
    "ne": "int({} != {})",
    "and": "{}*{}",
    "or": "clip({} + {}, 0, 1)",
    "not": "1 - {}",
    "is_finite": "int(abs({}) < infinity)",
    "asin": "arcsin({})",
    "acos": "arccos({})",
    "atan": "arctan({})",
    "copy": "{}",
    "reduce_precision": "{}",
}
_PRINTED |= {
    name: f"{name}({{}})"
    for name in [
        "exp",
        "log",
        "log1p",
        "expm1",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "abs",
        "sign",
        "floor",
        "ceil",
    ]
}
_MOVES = {
    *("reshape", "broadcast_in_dim", "squeeze", "expand_dims", "transpose", "rev", "pad", "split"),
    *("concatenate", "stack", "unstack", "slice", "dynamic_slice", "gather", "scatter"),
}
_NEUTRAL = {"add": 0, "mul": 1, "max": -np.inf, "min": np.inf}
_REDUCTIONS = {"sum": "add", "prod": "mul", "max": "max", "min": "min", "and": "and", "or": "or"}
_CALLS = {"jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "checkpoint"}


class Term:
    """An operation on terms and numbers; without operands, a variable."""

    def __init__(self, text: str, *operands: Any) -> None:
        self.text, self.operands = text, operands

    def __str__(self) -> str:
        return printed([self], "")[1][0]


def traced(function: Callable, *arguments: Any) -> Any:
    """Carry out a function on terms.

    Parameters
    ----------
    function : callable
        Of pytrees of arrays, in JAX.
    *arguments : pytree
        Of arrays of numbers, or of numbers and terms with the dtype object.

    Returns
    -------
    pytree
        Of what the function returns, with arrays of the dtype object.

    Raises
    ------
    ModelError
        If an operation on terms cannot be printed.
    """
    leaves, tree = jax.tree.flatten(arguments)
    examples = [np.zeros(np.shape(x)) if _is_symbolic(x) else np.asarray(x) for x in leaves]
    closed, shape = jax.make_jaxpr(
        lambda *given: function(*tree.unflatten(given)), return_shape=True
    )(*examples)
    outputs = _carried_out(closed.jaxpr, closed.consts, leaves)
    return jax.tree.structure(shape).unflatten([np.asarray(x, dtype=object) for x in outputs])


def printed(roots: Sequence[Any], prefix: str) -> tuple[dict[str, str], list[str]]:
    """Print terms; what occurs more than once gets a name.

    Returns
    -------
    named : dict of str
        In an order in which each needs earlier ones only; names begin with the prefix.
    texts : list of str
    """
    uses = _uses(roots)
    named: dict[str, str] = {}
    names: dict[Term, str] = {}

    def text(term: Any, binding: int = 0) -> str:
        if not isinstance(term, Term):
            number = _number(term)
            return f"({number})" if binding and number.startswith("-") else number
        if not term.operands:
            return term.text
        if term in names:
            return names[term]
        own = _binding(term.text)
        # A call has its own parentheses; on the right, and about a power, equals need some.
        is_first = term.text.startswith("{}") and own < 3
        needed = [0] * 3 if own == 4 else [own + (not is_first), own + 1]
        whole = term.text.format(*map(text, term.operands, needed))
        if uses[term] > 1:
            names[term] = f"{prefix}{len(named)}"
            named[names[term]] = whole
            return names[term]
        return f"({whole})" if own < binding else whole

    return named, [text(root) for root in roots]


def _uses(roots: Sequence[Any]) -> Counter[Term]:
    """Count how often each term occurs."""
    uses: Counter[Term] = Counter()
    left = [term for term in roots if isinstance(term, Term)]
    while left:
        term = left.pop()
        uses[term] += 1
        if uses[term] == 1:
            left += [each for each in term.operands if isinstance(each, Term)]
    return uses


def _binding(template: str) -> int:
    """Return how strongly the outermost operation binds: sum, product, power, call."""
    if template[0].isalpha():
        return 4
    marks = {"} + {": 1, "1 - ": 1, "} - {": 1, "-{": 1, "**": 3}
    return next((level for mark, level in marks.items() if mark in template), 2)


def read_by(terms: Sequence[Any]) -> set[str]:
    """Return the variables that occur in terms."""
    return {term.text for term in _uses(terms) if not term.operands}


def _number(value: Any) -> str:
    number = float(value)
    if isnan(number):
        raise ModelError("a model that contains NaN cannot be printed.")
    if np.isinf(number):
        return "infinity" if number > 0 else "-infinity"
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _is_symbolic(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == object


def _carried_out(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *arguments), strict=True))

    def value(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else known[atom]

    for equation in jaxpr.eqns:
        found = _results(equation, [value(atom) for atom in equation.invars])
        known |= zip(equation.outvars, found, strict=True)
    return [value(atom) for atom in jaxpr.outvars]


def _results(equation: Any, operands: list[Any]) -> list[Any]:
    """Return what one operation makes of its operands."""
    name, parameters = equation.primitive.name, equation.params
    if name in _CALLS:
        inner = parameters.get("jaxpr", parameters.get("call_jaxpr"))
        return _carried_out(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), operands)
    if not any(map(_is_symbolic, operands)):
        found = equation.primitive.bind(*operands, **parameters)
        return [*found] if equation.primitive.multiple_results else [found]
    shapes = [each.aval.shape for each in equation.outvars]
    if name in _MOVES:
        return _moved(equation, operands)
    if name == "scatter-add":
        return [_scattered(equation, *operands)]
    if name == "dot_general":
        return [_dot(*operands, *parameters["dimension_numbers"]).reshape(shapes[0])]
    kind, _, reduction = name.partition("_")
    if kind == "reduce" and reduction in _REDUCTIONS:
        last = [*range(-len(parameters["axes"]), 0)]
        rows = np.moveaxis(np.asarray(operands[0], object), parameters["axes"], last)
        return [_folded(_REDUCTIONS[reduction], rows.reshape(*shapes[0], -1))]
    return [_entrywise(equation, operands)]


def _entrywise(equation: Any, operands: list[Any]) -> np.ndarray:
    name, parameters = equation.primitive.name, equation.params
    template = _PRINTED.get(name)
    if name == "integer_pow":
        template = f"{{}}**({parameters['y']})"
    elif name == "convert_element_type":
        template = _converted(equation.invars[0].aval.dtype, parameters["new_dtype"])
    if template is None:
        raise ModelError(
            f"the operation {name!r} cannot be printed for Brian2. Write the model with others, or "
            "compare it with another oracle."
        )

    def entry(*each: Any) -> Any:
        if any(isinstance(x, Term) for x in each):
            return _term(name, template, each)
        arrays = [np.asarray(x, a.aval.dtype) for x, a in zip(each, equation.invars, strict=True)]
        return np.asarray(equation.primitive.bind(*arrays, **parameters)).item()

    return np.asarray(np.frompyfunc(entry, len(operands), 1)(*map(np.asarray, operands)), object)


def _converted(old: Any, new: Any) -> str:
    if np.issubdtype(new, np.bool_):
        return "int({} != 0)"
    # Brian2's int is towards zero, as JAX's is.
    is_rounded = np.issubdtype(new, np.integer) and np.issubdtype(old, np.floating)
    return "int({})" if is_rounded else "{}"


def _term(name: str, template: str, operands: Sequence[Any]) -> Any:
    """Return an operation, or what it comes to where that is known without a number for it."""
    first, *others = operands
    if template == "{}":
        return first
    if name == "select_n":
        if not isinstance(first, Term):
            return others[int(first)]
        if others[0] is others[1]:
            return others[0]
    if name in ("eq", "ne") and first is others[0]:
        return int(name == "eq")
    if name in _NEUTRAL:
        rest = [x for x in operands if isinstance(x, Term) or x != _NEUTRAL[name]]
        if len(rest) == 1:
            return rest[0]
    if name == "mul" and any(not isinstance(x, Term) and x == 0 for x in operands):
        return 0.0
    return Term(template, *operands)


def _folded(name: str, rows: np.ndarray) -> np.ndarray:
    """Combine the entries along the last axis."""
    numeric = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}

    def combine(a: Any, b: Any) -> Any:
        if isinstance(a, Term) or isinstance(b, Term):
            return _term(name, _PRINTED[name], (a, b))
        return numeric[name](a, b)

    folded = np.empty(rows.shape[:-1], object)
    for place in np.ndindex(folded.shape):
        folded[place] = reduce(combine, rows[place])
    return folded


def _dot(lhs: Any, rhs: Any, contracted: Any, batched: Any) -> np.ndarray:
    """Return products, summed over the contracted axes: (batch, left, right)."""
    sides = []
    for x, sums, batches in zip((lhs, rhs), contracted, batched, strict=True):
        x = np.asarray(x, object)
        free = [k for k in range(x.ndim) if k not in (*sums, *batches)]
        n_batches, n_free = (prod(x.shape[k] for k in axes) for axes in (batches, free))
        sides.append(x.transpose(*batches, *free, *sums).reshape(n_batches, n_free, -1))
    pairs = np.stack(np.broadcast_arrays(sides[0][:, :, None], sides[1][:, None]), axis=-1)
    return _folded("add", _folded("mul", pairs))


def _moved(equation: Any, operands: list[Any]) -> list[np.ndarray]:
    """Carry out an operation on the indices of the entries, and return the entries."""
    name = equation.primitive.name
    places = {"gather": [1], "scatter": [1], "dynamic_slice": [*range(1, len(operands))]}
    entries: list[Any] = []
    indices = []
    for k, x in enumerate(operands):
        if k in places.get(name, []):
            if _is_symbolic(x):
                raise ModelError(
                    f"{name!r} at an index that depends on the state cannot be printed for Brian2. "
                    "Choose among the entries with jnp.where."
                )
            indices.append(x)
            continue
        x = np.asarray(x, object)
        own = np.arange(len(entries), len(entries) + x.size, dtype=np.int32)
        indices.append(own.reshape(x.shape))
        entries += x.ravel().tolist()
    found = equation.primitive.bind(*indices, **equation.params)
    table = np.empty(len(entries), object)
    table[:] = entries
    found = found if equation.primitive.multiple_results else [found]
    return [np.asarray(table[np.asarray(each)], object) for each in found]


def _scattered(equation: Any, base: Any, places: Any, updates: Any) -> np.ndarray:
    """Add each update to the entries of the base at which it arrives."""
    base, updates = np.array(base, object), np.asarray(updates, object)
    nothing = np.zeros(base.shape)
    for k, update in enumerate(updates.ravel()):
        one = np.zeros(updates.size)
        one[k] = 1
        hit = np.asarray(
            equation.primitive.bind(nothing, places, one.reshape(updates.shape), **equation.params)
        )
        for place in np.argwhere(hit):
            pair = np.array([base[tuple(place)], update], object)
            base[tuple(place)] = _folded("add", pair).item()
    return base
