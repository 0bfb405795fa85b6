"""The paper's neuron with voltage-dependent dendritic spikes."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.errors import ModelError
from dendrax.neurons._cascade import AbstractCascade, Ramp
from dendrax.neurons._filter import filtered
from dendrax.neurons._integrate_and_fire import must_lie_below
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter, resolve

DENDRITE = ("dendrite",)


class DendriticState(NamedTuple):
    """Soma, dendrites and synaptic currents, all without unit."""

    v: Scalar
    v_dend: Float[Array, " dendrite"]
    i_syn: Float[Array, "dendrite synapse"]


class Propagator(NamedTuple):
    """Eqs. 3 and 4 solved over some time: what is left, and what passes to the dendrites."""

    dendrite: Float[Array, " dendrite"]
    passed: Float[Array, "dendrite synapse"]
    synapse: Float[Array, "dendrite synapse"]


class DendriticNeuron(AbstractCascade):
    r"""A soma driven by dendrites whose spikes attenuate when the drive grows too strong.

    .. math::
        \tau_S \dot v &= -v + \sum_d g_d M(v_d) (v_{max} - v) + I_c + i \\
        \tau_{D_d} \dot v_d &= -v_d + \sum_i I_{id} \\
        \tau_{\sigma_{id}} \dot I_{id} &= -I_{id} \\
        M(v) &= \sigma(s_1 (v - v_{th})) \, \sigma(-s_2 (v - v_{th})) \; / \; \max M

    A soma that reaches ``v_th`` spikes and restarts from ``v_reset``; the dendrites go on. An input
    spike at site ``i`` with weight ``w`` adds ``w weight[d, i]`` to ``I_id`` of each dendrite.
    Voltages and currents have no unit.

    Parameters
    ----------
    weight : array (dendrite, synapse)
        Strength of each synapse; may be negative.
    tau_syn : Quantity [time], (dendrite, synapse), or scalar
    tau_dend : Quantity [time], (dendrite,), or scalar
    tau_mem : Quantity [time], default 10 ms
    g_dend : array (dendrite,), or scalar, default 1
        Conductance of each dendrite's spike, relative to the leak of the soma; positive.
    v_th_dend : array (dendrite,), or scalar, default 1
        Threshold of the dendritic spike (``v_th`` in M).
    slope_rise, slope_decay : array (dendrite,), or scalar, default 8 and 3
        ``s_1`` and ``s_2``; positive.
    v_max : float, default 3
        What a dendritic spike pulls the soma towards.
    v_th, v_reset : float, default 1 and 0
    bias : float, default 0
        ``I_c``.
    activation : {"attenuating", "sigmoid"}
        ``"sigmoid"`` for dendritic spikes that do not attenuate: ``M(v)`` is the first factor
        alone, and ``slope_decay`` has no meaning.
    normalized : bool, default True
        Whether an attenuating ``M`` is divided by its maximum; False gives Eq. 5 as printed.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If shapes disagree, a value is outside of its bounds, or the activation is another one.

    Notes
    -----
    Eqs. 2-5 of König et al. 2026, with two deviations. Eq. 2 prints ``(v_S - v_max)``, which for
    ``g_d > 0`` pushes the soma away from ``v_max``; the sign of Morris & Lecar 1981 is used. Eq. 5
    has a maximum of 1/4 for ``s_1 = s_2``; M is divided by its maximum, so that ``g_d`` is the
    conductance of a full dendritic spike.
    """

    weight: ParameterOrArray = parameter("1", dims=("dendrite", "synapse"))
    tau_syn: ParameterOrArray = parameter(
        "ms", default=5.0, bounds=POSITIVE, dims=("dendrite", "synapse")
    )
    tau_dend: ParameterOrArray = parameter("ms", default=10.0, bounds=POSITIVE, dims=DENDRITE)
    tau_mem: ParameterOrArray = parameter("ms", default=10.0, bounds=POSITIVE)
    g_dend: ParameterOrArray = parameter("1", default=1.0, bounds=POSITIVE, dims=DENDRITE)
    v_th_dend: ParameterOrArray = parameter("1", default=1.0, dims=DENDRITE)
    slope_rise: ParameterOrArray = parameter("1", default=8.0, bounds=POSITIVE, dims=DENDRITE)
    slope_decay: ParameterOrArray = parameter("1", default=3.0, bounds=POSITIVE, dims=DENDRITE)
    v_max: ParameterOrArray = parameter("1", default=3.0)
    v_th: ParameterOrArray = parameter("1", default=1.0)
    v_reset: ParameterOrArray = parameter("1", default=0.0)
    bias: ParameterOrArray = parameter("1", default=0.0)

    activation: str = eqx.field(static=True, kw_only=True, default="attenuating")
    normalized: bool = eqx.field(static=True, kw_only=True, default=True)

    t_ref = None

    units = {"v": "1", "v_dend": "1", "i_syn": "1"}
    input_unit = "1"

    def __check_init__(self) -> None:
        if self.activation not in ("attenuating", "sigmoid"):
            raise ModelError(
                "DendriticNeuron.activation must be 'attenuating' or 'sigmoid'; got "
                f"{self.activation!r}."
            )
        must_lie_below("DendriticNeuron.v_reset", self.v_reset, "v_th", self.v_th)
        shape = self.weight.value.shape[-2:]
        self._must_fit("tau_syn", shape)
        for name in ("tau_dend", "g_dend", "v_th_dend", "slope_rise", "slope_decay"):
            self._must_fit(name, shape[:1])

    def _must_fit(self, name: str, shape: tuple[int, ...]) -> None:
        entry = getattr(self, name)
        came = entry.value.shape[entry.is_per_unit :]
        if came not in ((), shape):
            raise ModelError(
                f"DendriticNeuron.{name} must be a scalar or have the shape {shape} that weight "
                f"asks for; got {came}."
            )

    @property
    def n_sites(self) -> int:
        return resolve(self).weight.shape[-1]

    def init_state(self) -> DendriticState:
        return DendriticState(
            jnp.zeros_like(self.v_th),
            jnp.zeros_like(self.weight[:, 0]),
            jnp.zeros_like(self.weight),
        )

    def dynamics(self, t: Scalar, state: DendriticState, current: Scalar) -> DendriticState:
        del t
        a, b = self.soma(state, current)
        return DendriticState(
            v=b - a * state.v,
            v_dend=(-state.v_dend + state.i_syn.sum(-1)) / self.tau_dend,
            i_syn=-state.i_syn / self.tau_syn,
        )

    def spike_condition(self, t: Scalar, state: DendriticState) -> Scalar:
        del t
        return state.v - self.v_th

    def input_spike(self, state: DendriticState, weight: Scalar, site: Array) -> DendriticState:
        return state._replace(i_syn=state.i_syn.at[:, site].add(weight * self.weight[:, site]))

    def reset_spiked(self, t: Scalar, state: DendriticState) -> DendriticState:
        del t
        return state._replace(v=jnp.asarray(self.v_reset))

    def observe(self, state: DendriticState) -> dict[str, Array]:
        return {"v": state.v, "v_dend": state.v_dend, "i_syn": state.i_syn}

    def propagator(self, h: Scalar) -> Propagator:
        tau_syn = jnp.broadcast_to(self.tau_syn, self.weight.shape)
        tau_dend = jnp.broadcast_to(self.tau_dend, self.weight.shape[:1])
        passed = filtered(h, tau_syn, tau_dend[:, None]) / tau_dend[:, None]
        return Propagator(jnp.exp(-h / tau_dend), passed, jnp.exp(-h / tau_syn))

    def upstream(
        self, state: DendriticState, propagator: Propagator, current: Ramp
    ) -> DendriticState:
        del current
        # A product with ones: exponentials that end in a sum are not computed as vectors on a CPU.
        passed = propagator.passed * state.i_syn @ jnp.ones(state.i_syn.shape[-1])
        v_dend = propagator.dendrite * state.v_dend + passed
        return DendriticState(state.v, v_dend, propagator.synapse * state.i_syn)

    def soma(self, state: DendriticState, current: Scalar) -> tuple[Scalar, Scalar]:
        drive = jnp.sum(self.g_dend * self.dendritic_spike(state.v_dend))
        return (1 + drive) / self.tau_mem, (drive * self.v_max + self.bias + current) / self.tau_mem

    def dendritic_spike(self, v_dend: Float[Array, "... dendrite"]) -> Float[Array, "... dendrite"]:
        """Return ``M(v_d)``, the fraction of a full dendritic spike (Eq. 5 over its maximum)."""
        x = v_dend - self.v_th_dend
        if self.activation == "sigmoid":
            return jax.nn.sigmoid(self.slope_rise * x)
        return self._bell(x) / self._bell(self._summit()) if self.normalized else self._bell(x)

    def _bell(self, x: Array) -> Array:
        return jax.nn.sigmoid(self.slope_rise * x) * jax.nn.sigmoid(-self.slope_decay * x)

    def _summit(self) -> Array:
        """Return where the bell is highest: where ``s_1 sigma(-s_1 x) = s_2 sigma(s_2 x)``.

        There the derivative of the bell vanishes, so its height depends on the slopes directly
        only, and no gradient needs to pass through the position (envelope theorem).
        """
        rise, decay = lax.stop_gradient((self.slope_rise, self.slope_decay))

        # Between the logarithms of both sides the gap is nearly linear: four Newton steps reach
        # rounding error for any slopes. Without logarithms Newton diverges for ratios above 25.
        def newton(_: Any, x: Array) -> Array:
            gap = jnp.log(rise / decay) - jax.nn.softplus(rise * x) + jax.nn.softplus(-decay * x)
            return x + gap / (rise * jax.nn.sigmoid(rise * x) + decay * jax.nn.sigmoid(-decay * x))

        start = 2.0 * jnp.log(rise / decay) / (rise + decay)
        return lax.fori_loop(0, 4, newton, start)
