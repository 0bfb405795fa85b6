"""A simulation as a file that Brian2 runs alone."""

import os
import subprocess
import sys

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

MODEL = dx.AdEx(t_ref=2 * pq.ms)
INPUTS = dx.Inputs(
    current=[
        dx.step_current(level * pq.pA, 2 * pq.ms, 28 * pq.ms)
        + dx.ramp_current(0 * pq.pA, 100 * pq.pA, 10 * pq.ms, 20 * pq.ms)
        for level in (600, 900)
    ],
    spikes=dx.spike_trains([[4, 10, 10.1] * pq.ms, [12] * pq.ms], weight=[120, -60] * pq.pA),
)
SIMULATOR = dx.Simulator(30 * pq.ms, record=dx.Record("v", "w", every=0.1 * pq.ms))
SIMULATOR_OF_V = dx.Simulator(10 * pq.ms, record=dx.Record("v", every=0.1 * pq.ms))


TIP = "dend[0](0.75)"
SHAPE = dx.discretize(dx.ball_and_stick(20 * pq.um, 140 * pq.um, 2 * pq.um), max_length=70 * pq.um)
# All that a script has to write: functions of rows, synapses that share a compartment, waveforms,
# dendritic spikes, concentrations, and values that differ from row to row.
CELL = dx.Cell(
    SHAPE,
    [
        dx.Passive(),
        dx.HodgkinHuxley("soma"),
        dx.CaHVA("dend"),
        dx.CalciumPool("dend"),
        dx.DendriticSpike(TIP, v_th=-45 * pq.mV),
        dx.CurrentClamp(TIP, waveform=dx.ramp_current(0 * pq.pA, 90 * pq.pA, 1 * pq.ms, 4 * pq.ms)),
        dx.AMPA("dend", n=3, delay=[0, 1, 0.5] * pq.ms),
    ],
    v_init=[-65, -66, -67] * pq.mV,
    celsius=6.3,
    probes={
        "m": dx.Probe("m", "soma", of="HodgkinHuxley"),
        "i": dx.Probe("current", "dend", of="AMPA"),
    },
)
CELL_INPUTS = dx.Inputs(
    current=[dx.step_current(level * pq.pA, 1 * pq.ms, 4 * pq.ms) for level in (500, 700)],
    spikes=dx.spike_trains([[1, 3] * pq.ms, [1] * pq.ms, [2] * pq.ms], weight=[1.0, 2.0, 1.0]),
)
CELL_SIMULATOR = dx.Simulator(5 * pq.ms, record=dx.Record("v", "v_cell", "m", "i", every=pq.ms / 4))


def run_alone(path):
    """Run a file where there is no dendrax; return the spike times of each trial, as it prints."""
    blocked = "import sys, runpy; sys.modules['dendrax'] = sys.modules['jax'] = None; "
    done = subprocess.run(
        [sys.executable, "-c", f"{blocked} runpy.run_path({str(path)!r}, run_name='__main__')"],
        cwd=path.parent,
        env={**os.environ, "TMPDIR": str(path.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.partition(": ") for line in done.stdout.splitlines()]
    assert [head for head, _, _ in lines] == ["trial 0", "trial 1"]
    return [[float(x) for x in times.split()] for _, _, times in lines]


def test_the_file_runs_alone_and_does_what_run_brian2_does(tmp_path):
    path = tmp_path / "adex.py"
    path.write_text(dx.to_brian2_script(MODEL, INPUTS, SIMULATOR, dt=0.1 * pq.ms))
    spikes = run_alone(path)
    expected = dx.run_brian2(MODEL, INPUTS, SIMULATOR, dt=0.1 * pq.ms, schedule="default")
    for k, times in enumerate(spikes):
        assert len(times) >= 1
        # The same code on the same grid: equal to rounding, and to the digits that are printed.
        np.testing.assert_allclose(times, expected.spikes(k), atol=1e-7)
    with np.load(tmp_path / "adex.npz") as saved:
        np.testing.assert_allclose(saved["v"][:, :301], expected.traces["v"][:, 0], rtol=1e-9)


@pytest.mark.slow
def test_a_cell_is_a_file_too(tmp_path):
    path, dt = tmp_path / "cell.py", 0.025 * pq.ms
    path.write_text(dx.to_brian2_script(CELL, CELL_INPUTS, CELL_SIMULATOR, dt=dt))
    spikes = run_alone(path)
    expected = dx.run_brian2(CELL, CELL_INPUTS, CELL_SIMULATOR, dt=dt, schedule="default")
    for k, times in enumerate(spikes):
        assert len(times) == 1
        np.testing.assert_allclose(times, expected.spikes(k), atol=1e-7)
    with np.load(tmp_path / "cell.npz") as saved:
        for name, trace in expected.traces.items():
            # The file sums axial currents in another order, and has each step of ten to a sample.
            np.testing.assert_allclose(
                saved[name][..., :201:10], trace[:, 0], rtol=1e-9, atol=1e-9, err_msg=name
            )


def test_a_model_that_never_spikes_is_a_file_too():
    text = dx.to_brian2_script(dx.LeakyIntegrator(), dx.Inputs(), SIMULATOR_OF_V)
    compile(text, "leaky.py", "exec")
    assert "threshold" not in text
    assert "savez" in text
