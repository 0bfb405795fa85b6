"""A simulation as a file that Brian2 runs alone."""

import os
import subprocess
import sys

import numpy as np
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


def test_the_file_runs_alone_and_does_what_run_brian2_does(tmp_path):
    path = tmp_path / "adex.py"
    path.write_text(dx.to_brian2_script(MODEL, INPUTS, SIMULATOR, dt=0.1 * pq.ms))
    # Nothing of dendrax may be needed.
    blocked = "import sys, runpy; sys.modules['dendrax'] = sys.modules['jax'] = None; "
    done = subprocess.run(
        [sys.executable, "-c", f"{blocked} runpy.run_path({str(path)!r}, run_name='__main__')"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    expected = dx.run_brian2(MODEL, INPUTS, SIMULATOR, dt=0.1 * pq.ms, schedule="default")
    lines = [line.partition(": ") for line in done.stdout.splitlines()]
    assert [head for head, _, _ in lines] == ["trial 0", "trial 1"]
    for k, (_, _, times) in enumerate(lines):
        assert len(times.split()) >= 1
        # The same code on the same grid: equal to rounding, and to the digits that are printed.
        np.testing.assert_allclose([float(x) for x in times.split()], expected.spikes(k), atol=1e-7)
    with np.load(tmp_path / "adex.npz") as saved:
        np.testing.assert_allclose(saved["v"][:, :301], expected.traces["v"][:, 0], rtol=1e-9)


def test_a_model_that_never_spikes_is_a_file_too():
    text = dx.to_brian2_script(dx.LeakyIntegrator(), dx.Inputs(), SIMULATOR_OF_V)
    compile(text, "leaky.py", "exec")
    assert "threshold" not in text
    assert "savez" in text
