"""Draw the pictures of the documentation: ``python -m validation.pictures``."""

from pathlib import Path

import jax
from matplotlib.figure import Figure

from validation.scenarios import dcaap_event

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"


def calcium_spikes() -> Figure:
    """Draw dendrite and soma of the human cell for three currents into the dendrite."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True)
    cell = dcaap_event.model()
    for current in dcaap_event.AMPLITUDES:
        found = dcaap_event.response(cell, current)
        for axes, v in zip(panels, (found.v, found.soma_v), strict=True):
            axes.plot(found.t, v, lw=1, label=f"{current:g} pA")
    for axes, title in zip(panels, ("dendrite, 532 µm", "soma"), strict=True):
        axes.set(title=title, xlabel="time (ms)", ylabel="voltage (mV)", xlim=(150, 1300))
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False)
    return figure


def main() -> None:
    """Draw all of them."""
    jax.config.update("jax_enable_x64", True)
    FOLDER.mkdir(exist_ok=True)
    calcium_spikes().savefig(FOLDER / "calcium_spikes.png", dpi=90)


if __name__ == "__main__":
    main()
