"""Gradient descent whose steps do not know of the size of the gradient."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optax


def polyak(
    mu: "float | optax.Schedule" = 0.1, *, beta: float = 0.8
) -> "optax.GradientTransformation":
    r"""Return descent with steps in the manner of Polyak, which suits biophysical models.

    .. math:: \theta \leftarrow \theta - \mu \, L \, \nabla L / |\nabla L|^\beta

    The gradients of spiking membranes differ by orders of magnitude from one point to the next; a
    power of their norm takes most of that away, and steps become small where the loss does.

    Parameters
    ----------
    mu : float or schedule of Optax, default 0.1
    beta : float, default 0.8
        2 is Polyak's own step for a loss whose minimum is zero; 0.8 to 1.2 suit conductances.

    Returns
    -------
    optax.GradientTransformation
        To be handed to :func:`fit`.

    Notes
    -----
    Polyak 1964; Deistler et al. 2025, Nature Methods 22:2649, for cells.
    """
    import jax
    import optax

    def begin(params: Any) -> Any:  # noqa: ARG001
        return optax.EmptyState()

    def scale(updates: Any, state: Any, params: Any = None, **found: Any) -> Any:  # noqa: ARG001
        size = found["value"] / (optax.global_norm(updates) + 1e-12) ** beta
        return jax.tree.map(lambda g: size * g, updates), state

    return optax.chain(optax.GradientTransformationExtraArgs(begin, scale), optax.sgd(mu))
