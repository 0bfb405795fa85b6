"""Classification by a readout of the output neurons."""

import equinox as eqx
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._classification import AbstractClassification
from dendrax.fitting.losses._loss import Readout
from dendrax.results import SimulationResult
from dendrax.simulation import Integral, Maximum


class CrossEntropy(AbstractClassification):
    """Softmax cross-entropy whose logits are a readout, a mean over trials.

    Attributes
    ----------
    name : str
        Of the readout.
    readout : Integral or Maximum, optional
        The readout, if the loss asks for it.
    """

    name: str = eqx.field(static=True)
    readout: Readout | None = eqx.field(static=True, default=None)

    @property
    def readouts(self) -> dict[str, Readout]:
        return {} if self.readout is None else {self.name: self.readout}

    def logits(self, result: SimulationResult) -> Float[Array, "trial class"]:
        """Return the readout."""
        if self.name not in result.readouts:
            raise FitError(
                f"the logits are the readout {self.name!r}, which the result does not have. "
                "Simulate with readouts=loss.readouts."
            )
        return result.readouts[self.name]


def cross_entropy(logits: str | Integral | Maximum) -> CrossEntropy:
    r"""Classify by a readout of the output neurons, one per class.

    With the logits :math:`z_c`, the label :math:`y` of a trial costs
    :math:`-\log(e^{z_y} / \sum_c e^{z_c})`; the loss is the mean over trials. It has
    ``loss.accuracy(result, labels)`` and ``loss.predicted(result)`` too.

    Parameters
    ----------
    logits : Maximum, Integral or str
        What to read out of the output neurons; a string is the name of a readout of yours.

    Returns
    -------
    CrossEntropy

    Raises
    ------
    FitError
        When called: if the result does not have the readout.

    Notes
    -----
    Eq. 9 of König et al. 2026. Their logits are ``Maximum("v")`` (Eq. 10), ``Integral("v")``
    (Eq. 11) and ``Integral("v", tau=t_stop)`` (Eq. 12), after Nowotny et al. 2025.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.cross_entropy(dx.Maximum("v"))
    >>> simulator = dx.Simulator(45 * pq.ms, readouts=loss.readouts)
    >>> neuron = dx.LeakyIntegrator(tau_mem=20 * pq.ms, bias=1.5)
    >>> float(loss(simulator(neuron, dx.Inputs()), [0]))  # the only class: no doubt
    0.0
    """
    return CrossEntropy(logits) if isinstance(logits, str) else CrossEntropy(repr(logits), logits)
