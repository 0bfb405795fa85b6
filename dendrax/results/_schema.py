"""The one schema of results on disk and in xarray: dimensions, variables, units.

======================  =======================  =====================================
variable                dimensions               content
======================  =======================  =====================================
*trace*                 trial neuron (place)     a recorded variable under its own name
                        time
spike_time              spike                    all spikes, trial by trial and neuron by
                                                 neuron (CF indexed ragged array)
spike_trial             spike                    whose they are
spike_neuron            spike
spike_slope             spike                    rate at which the guard crossed zero
readout_*name*          trial neuron             an integral or a maximum over the trial
status n_steps          trial neuron             how the simulation went
t_reached
t_stop                                           end of the trials
current_start           trial piece              injected current, piece by piece
current_value
current_slope
input_time              input_spike              all input spikes, trial by trial and source by
input_trial             input_spike              source (CF indexed ragged array)
input_source            input_spike
input_weight            trial source (channel)   what each input spike brings
======================  =======================  =====================================

Places within a neuron are ``compartment``, ``dendrite``, or ``dendrite`` and ``synapse``. Given the
cell, ``compartment`` has the coordinates ``place``, ``region`` and ``path_distance``, and the
compartment of every other trace is among its attributes.
Attributes of the dataset are the provenance, and those named in ``RESERVED``.
"""

VERSION = 2
CONVENTIONS = "CF-1.11"
READOUT = "readout_"
RESERVED = ("Conventions", "dendrax_schema", "spike_capacity", "traces")

_PLACES = ((), ("dendrite",), ("dendrite", "synapse"))

LONG_NAMES = {
    "v": "membrane potential",
    "v_dend": "dendritic potential",
    "v_cell": "membrane potential of all compartments",
    "i_syn": "synaptic current",
    "w": "adaptation current",
    "guard": "distance from the spike condition",
    "time": "time since the start of the trial",
    "compartment": "compartment",
    "place": "center of the compartment: section and position along it",
    "region": "region of the compartment",
    "path_distance": "distance from the soma along the tree",
    "trial": "trial",
    "neuron": "neuron",
    "spike_time": "spike time",
    "spike_trial": "trial of the spike",
    "spike_neuron": "neuron of the spike",
    "spike_slope": "rate at which the guard crossed zero",
    "status": "status of the solver, 0 where all went well",
    "n_steps": "iterations of the solver",
    "t_reached": "time that was reached",
    "t_stop": "end of the trials",
    "current_start": "start of a piece of the injected current",
    "current_value": "injected current at the start of the piece",
    "current_slope": "slope of the injected current",
    "input_time": "input spike time",
    "input_trial": "trial of the input spike",
    "input_source": "source of the input spike",
    "input_weight": "weight of the input spikes",
}


def place_dimensions(name: str, rank: int) -> tuple[str, ...]:
    """Return the dimensions of a trace between ``neuron`` and ``time``."""
    if name == "v_cell":
        return ("compartment",)
    return _PLACES[rank] if rank < len(_PLACES) else tuple(f"{name}_{k}" for k in range(rank))


def attributes(name: str, unit: str) -> dict[str, str]:
    """Return the attributes of a variable; of an unknown one the name is the long name too."""
    return {"units": unit, "long_name": LONG_NAMES.get(name, name.replace("_", " "))}


def per_ms(unit: str) -> str:
    """Return the unit of a rate of change."""
    return "1/ms" if unit == "1" else f"{unit}/ms"
