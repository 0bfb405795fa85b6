"""What a colleague should be told of a fit, in sentences."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas
    import xarray

# Held-out sweeps are never quite as good: what is more than this much worse was learned by heart.
_WORSE = 1.5
# A direction whose loss is this much flatter than that of the stiffest is sloppy.
_SLOPPY = 1e4
_CORRELATED = 0.95
# Weights below this part of the largest are not worth a word.
_MINOR = 0.3
_N_NAMED = 4


def warnings_of(
    groups: "dict[str, xarray.Dataset]",
    table: "pandas.DataFrame",
    check: dict[str, Any] | None,
) -> list[str]:
    """Return what is suspicious about a fit; nothing if all is well."""
    return [
        *_of_parameters(table),
        *_of_starts(groups["starts"], groups["history"]),
        *_of_scores(groups["scores"]),
        *_of_check(check or {}),
    ]


def directions(found: "xarray.Dataset") -> list[str]:
    """Return what the data say most and least about, and which parameters trade places."""
    stiffness, weights = found["stiffness"].values, found["weight"].values
    names = [str(name) for name in found["parameter"].values]
    if len(names) < 2:
        return []
    least = _combination(weights[-1], names)
    said = [f"Best determined: {_combination(weights[0], names)}."]
    if not stiffness[-1] > 0:
        said.append(f"Not determined at all: {least}.")
    else:
        ratio = stiffness[0] / stiffness[-1]
        kind = "sloppy" if ratio > _SLOPPY else "not sloppy"
        said.append(
            f"Least determined: {least}. The loss rises {ratio:.3g} times less along it: {kind}."
        )
    return [*said, *_trades(found["covariance"].values, names)]


def _combination(weights: np.ndarray, names: list[str]) -> str:
    """Say which parameters go up together, and which go down then."""
    order = np.argsort(-np.abs(weights))[:_N_NAMED]
    leading = weights[order[0]]
    chosen = [k for k in order if abs(weights[k]) >= _MINOR * abs(leading)]
    ups = [names[k] for k in chosen if weights[k] * leading > 0]
    downs = [names[k] for k in chosen if weights[k] * leading < 0]
    if not downs:
        return f"{_and(ups)} alone" if len(ups) == 1 else f"{_and(ups)} together"
    return f"{_and(ups)} up with {_and(downs)} down"


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _trades(covariance: np.ndarray, names: list[str]) -> Iterator[str]:
    size = np.sqrt(np.abs(np.diag(covariance)))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = covariance / np.outer(size, size)
    for i, j in zip(*np.triu_indices(len(names), 1), strict=True):
        if abs(correlation[i, j]) > _CORRELATED:
            yield (
                f"{names[i]} and {names[j]} trade places: their errors are correlated by "
                f"{correlation[i, j]:+.2f}."
            )


def _of_parameters(table: "pandas.DataFrame") -> Iterator[str]:
    for name, row in table[table["at_bound"] != ""].iterrows():
        at = str(row["at_bound"])
        bound, side = row[at], {"low": "lower", "high": "upper"}[at]
        yield (
            f"{name} is at its {side} bound, {bound:g} {row['unit']}: the recording does not "
            "determine it, or the model cannot do what the cell does."
        )
    wide = table[table["std"] > table["value"].abs()]
    for name, row in wide.iterrows():
        yield f"{name} is not determined: {row['value']:.3g} ± {row['std']:.2g} {row['unit']}."


def _of_starts(starts: "xarray.Dataset", history: "xarray.Dataset") -> Iterator[str]:
    failed, n = int(starts["has_failed"].sum()), starts.sizes["start"]
    if failed:
        yield f"{failed} of {n} starts failed; they stayed where their last good step was."
    name = "held_out_loss" if "held_out_loss" in history else "loss"
    losses = history[name].values
    n_last = max(len(losses) // 10, 1)
    if len(losses) > n_last and np.min(losses[-n_last:]) < 0.98 * np.min(losses[:-n_last]):
        yield (
            f"the loss still fell in the last {n_last} of {len(losses)} steps: more steps would "
            "lower it."
        )


def _of_scores(scores: "xarray.Dataset") -> Iterator[str]:
    if "n_recorded" not in scores:
        return
    if scores["n_recorded"].any() and not scores["n_simulated"].any():
        yield "the model never spikes, the recording does."
    parts = scores["part"].values.tolist()
    if "held_out" not in parts:
        yield "no sweep was held out: how the model does on what it has not seen is not known."
        return
    trained, held_out = (float(scores["voltage_rmse"].sel(part=p)) for p in ("trained", "held_out"))
    if held_out > _WORSE * trained:
        yield (
            f"held-out sweeps are worse than trained ones: {held_out:.2g} mV rms between spikes, "
            f"against {trained:.2g} mV."
        )


def _of_check(check: dict[str, Any]) -> Iterator[str]:
    if "dt_ms" not in check:
        return
    if not check["spike_counts_equal"]:
        yield "Brian2 finds other numbers of spikes."
    for name, title in (
        ("max_spike_time_difference_ms", "spike times"),
        ("voltage_rms_mV", "voltages"),
    ):
        *_, coarse, fine = check[name]
        # Below this there is nothing left to shrink.
        if coarse and fine and fine > max(0.75 * coarse, 1e-6):
            yield f"the {title} of Brian2 do not come closer with half its step."
