"""Classification: one output neuron per class, and softmax cross-entropy of their logits."""

from abc import abstractmethod
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dendrax.fitting.losses._loss import AbstractLoss, Scalar
from dendrax.results import SimulationResult

# Integers (trial,): an array of any kind, or a list.
Labels = Any


class AbstractClassification(AbstractLoss):
    """Softmax cross-entropy of one logit per output neuron, a mean over trials.

    It is called with the result of the output population and the labels, integers (trial,).
    """

    terms = ("cross_entropy",)

    @abstractmethod
    def logits(self, result: SimulationResult) -> Float[Array, "trial class"]:
        """Return the logits: the highest one names the class."""

    def predicted(self, result: SimulationResult) -> Int[Array, " trial"]:
        """Return the class of each trial."""
        return jnp.argmax(self.logits(result), axis=1)

    def accuracy(self, result: SimulationResult, labels: Labels) -> Scalar:
        """Return the fraction of trials whose class is their label."""
        return jnp.mean(self.predicted(result) == jnp.asarray(labels))

    def parts(self, result: SimulationResult, labels: Labels, /) -> dict[str, Scalar]:
        """Return the loss as ``cross_entropy``."""
        return {"cross_entropy": -jnp.mean(of_label(_log_softmax(self.logits(result)), labels))}


def of_label(values: Float[Array, "trial class"], labels: Labels) -> Float[Array, " trial"]:
    """Return the value of the class that each trial is labelled with."""
    return jnp.take_along_axis(values, jnp.asarray(labels)[:, None], axis=1)[:, 0]


def _log_softmax(logits: Float[Array, "trial class"]) -> Float[Array, "trial class"]:
    return jax.nn.log_softmax(logits, axis=1)
