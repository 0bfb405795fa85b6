"""Which trials are fitted, and which are kept to judge the fit by."""

from collections.abc import Sequence

from dendrax.errors import FitError

Trials = tuple[int, ...]


def split(n: int, held_out: Sequence[int] | None) -> tuple[Trials, Trials]:
    """Return the trials that are fitted and those held out, every third of ``n`` by default.

    Raises
    ------
    FitError
        If a trial is not there, or none is left to fit.
    """
    everything = range(n)
    kept = tuple(everything[2::3]) if held_out is None else tuple(held_out)
    if strange := [trial for trial in kept if trial not in everything]:
        raise FitError(f"held_out names trial {strange[0]}; there are trials 0 to {n - 1}.")
    trained = tuple(trial for trial in everything if trial not in kept)
    if not trained:
        raise FitError("held_out leaves no trial to fit. Hold out fewer.")
    return trained, kept
