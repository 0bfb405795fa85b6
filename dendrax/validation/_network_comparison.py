"""How far two results of a network are from each other, population by population."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dendrax.errors import ModelError, ValidationError
from dendrax.validation._comparison import Comparison


@dataclass(frozen=True)
class NetworkComparison:
    """How far two results of a network are from each other.

    Attributes
    ----------
    populations : dict of str to Comparison
    """

    populations: dict[str, Comparison]

    def __getitem__(self, name: str) -> Comparison:
        return self.populations[name]

    @property
    def n_missing(self) -> int:
        """The number of spikes of a without a partner in b."""
        return sum(each.n_missing for each in self.populations.values())

    @property
    def n_extra(self) -> int:
        """The number of spikes of b without a partner in a."""
        return sum(each.n_extra for each in self.populations.values())

    @property
    def n_pairs(self) -> int:
        """The number of spikes that were compared."""
        return sum(each.n_pairs for each in self.populations.values())

    @property
    def spike_max(self) -> float:
        """The largest absolute difference of spike times, in ms; 0 without pairs."""
        return max(each.spike_max for each in self.populations.values())

    @property
    def v_relative(self) -> float:
        """The root mean squared difference of the trace in its range, of the worst population.

        NaN where no trace was compared.
        """
        found = [x.v_relative for x in self.populations.values() if x.trace is not None]
        return max(found, default=float("nan"))

    def raise_if_outside(self, *, spike_time: Any = None, v: Any = None) -> "NetworkComparison":
        """Refuse a disagreement: other spikes, or differences above a tolerance, or NaN.

        Parameters
        ----------
        spike_time : Quantity [time], optional
            For the largest difference of spike times.
        v : Quantity of the unit of the trace, or mapping of str to it, optional
            For the largest difference of the trace, in each population that has it; where units
            differ, by population.

        Returns
        -------
        NetworkComparison
            Itself, if all is well.

        Raises
        ------
        ValidationError
            If the results disagree; it names the first population that does.
        UnitError
            If a tolerance has another dimension.
        ModelError
            If ``v`` is given for a population of which no trace was compared.
        """
        traced = [name for name, each in self.populations.items() if each.trace is not None]
        limits = v if isinstance(v, Mapping) else dict.fromkeys(traced or self.populations, v)
        if unknown := [name for name in limits if name not in self.populations]:
            raise ModelError(
                f"v must be given for populations; got {unknown[0]!r}. There are: "
                f"{', '.join(self.populations)}."
            )
        for name, each in self.populations.items():
            try:
                each.raise_if_outside(spike_time=spike_time, v=limits.get(name))
            except ValidationError as error:
                raise ValidationError(f"population {name!r}: {error}") from error
        return self

    def __str__(self) -> str:
        return "\n\n".join(f"{name}\n{each}" for name, each in self.populations.items())
