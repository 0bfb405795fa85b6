"""The command line does the whole job, and says in one line why it cannot."""

import dataclasses
import json
import re
import subprocess
import sys
from importlib.metadata import version

import neo
import numpy as np
import pytest
import quantities as pq
import xarray as xr

import dendrax as dx
from dendrax.cli import _job, main
from dendrax.fitting import _run, features
from tests.fitting import small_fit

COMMANDS = ["demo", "fit", "info", "simulate", "export", "report", "validate"]
STEPS = 2


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Return a file with six short sweeps of a LIF neuron."""
    target, inputs = small_fit.simulated_sweeps()
    voltage = {"v": target.traces["v"]}
    target = dataclasses.replace(target, traces=voltage, units=(("v", "mV"),))
    path = tmp_path_factory.mktemp("recording") / "cell.nix"
    dx.write(target, path, inputs)
    return path


@pytest.fixture(scope="module")
def checked():
    """Return what Brian2 said, to be asked once only."""
    return []


@pytest.fixture(scope="module")
def out(recording, checked):
    """Return the folder that a fit of two steps leaves."""
    folder = recording.parent / "new" / "fit"
    convergence = _job.convergence

    def keeping(*args, **options):
        checked.append(convergence(*args, **options))
        return checked[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_job, "convergence", keeping)
        assert main(fit_of(recording, folder)) == 0
    return folder


@pytest.fixture(scope="module")
def summary(out):
    return json.loads((out / "summary.json").read_text())


def fit_of(recording, out, *more, steps=STEPS):
    return [
        *("fit", str(recording), "--model", "lif"),
        *("--steps", str(steps), "--out", str(out), *more),
    ]


def block(path, **signals):
    """Write a file of one sweep."""
    segment = neo.Segment()
    for unit, samples in signals.items():
        signal = neo.AnalogSignal(samples, units=unit, sampling_rate=1 * pq.kHz, name=unit)
        segment.analogsignals.append(signal)
    whole = neo.Block()
    whole.segments.append(segment)
    with neo.NixIO(str(path), "ow") as file:
        file.write_block(whole)
    return path


def text(path):
    path.write_text("time,voltage\n0,-70\n")
    return path


REFUSED = {
    "missing": (lambda folder: folder / "cell.abf", "there is no such file"),
    "folder": (lambda folder: folder, "this is a directory"),
    "text": (lambda folder: text(folder / "cell.txt"), "cell.txt"),
    "text as abf": (lambda folder: text(folder / "cell.abf"), "Neo must be able to read the file"),
    "no current": (lambda folder: block(folder / "cell.nix", mV=np.zeros(50)), "current"),
    "no voltage": (lambda folder: block(folder / "cell.nix", pA=np.zeros(50)), "no voltage"),
    "NaN": (
        lambda folder: block(folder / "cell.nix", mV=np.full(50, np.nan), pA=np.zeros(50)),
        "finite",
    ),
    "no step": (
        lambda folder: block(folder / "cell.nix", mV=np.full(50, -70.0), pA=np.zeros(50)),
        "no step of current",
    ),
}


def one_line(captured):
    """Return the only line on the standard error."""
    assert captured.err.startswith("dendrax")
    assert captured.err.count("\n") == 1
    assert captured.err.endswith("\n")
    return captured.err


@pytest.mark.parametrize("command", [[], *([each] for each in COMMANDS)], ids=" ".join)
def test_help(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: dendrax")
    assert all(each in shown for each in command or COMMANDS)


def test_the_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"dendrax {version('dendrax')}\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["train"], ["report"], ["info"], ["fit", "a.abf", "--steps", "many"], ["demo", "--fast"]],
    ids=" ".join,
)
def test_a_command_that_is_not_understood_is_refused_in_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "--help" in one_line(capsys.readouterr())


@pytest.mark.parametrize("command", ["fit", "info"])
@pytest.mark.parametrize("kind", REFUSED)
def test_a_recording_that_cannot_be_used_is_refused_in_one_line(kind, command, tmp_path, capsys):
    make, reason = REFUSED[kind]
    options = ["--out", str(tmp_path / "out")] if command == "fit" else []
    assert main([command, str(make(tmp_path)), *options]) == 2
    assert reason in one_line(capsys.readouterr())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--model", "hh"], "there is no model 'hh'; there are: lif, eif, adex"),
        (["--steps", "0"], "--steps must be at least 1; got 0"),
        (["--loss", "chi2"], "there is no loss 'chi2'; there are: voltage, spike_times"),
        (["--loss", "two*voltage"], "the weight of 'two*voltage' must be a number"),
        (["--held-out", "6"], "held_out names trial 6; there are trials 0 to 5"),
        (["--morphology", "none.swc"], "none.swc"),
        (
            ["--method", "levenberg-marquardt", "--learning-rate", "1"],
            "levenberg-marquardt has no learning rate",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_that_cannot_be_met_is_refused_in_one_line(
    options, reason, recording, tmp_path, capsys
):
    assert main(["fit", str(recording), "--out", str(tmp_path), *options]) == 2
    assert reason in one_line(capsys.readouterr())


def test_results_that_cannot_be_saved_are_refused_in_one_line(recording, tmp_path, capsys):
    file = text(tmp_path / "file")
    assert main(fit_of(recording, file)) == 2
    assert str(file) in one_line(capsys.readouterr())


def test_a_process_ends_with_a_code_and_one_line(tmp_path):
    command = [sys.executable, "-m", "dendrax.cli", "fit", str(tmp_path / "cell.abf")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"dendrax: {tmp_path}/cell.abf: there is no such file. Check the path.\n"


def test_info_lists_sweeps_and_membrane(recording, capsys):
    assert main(["info", str(recording)]) == 0
    shown = capsys.readouterr().out
    assert "6 sweeps of 81 ms at 1 kHz" in shown
    rows = [line.split() for line in shown.splitlines() if line[:5].strip().isdigit()]
    assert [(int(row[0]), int(row[1])) for row in rows] == [
        (trial, n) for trial, n in enumerate([0, 0, 1, 3, 5, 6])
    ]
    assert "-60 pA from 10 ms" in shown
    assert "rest -70.0 mV" in shown


def test_a_fit_leaves_results_a_picture_and_a_summary(out):
    files = {path.name for path in out.iterdir()}
    assert {"fit.nc", "fit.nix", "fit.png", "summary.json", "report.html", "config.toml"} <= files
    assert not [name for name in files if name.endswith(".tmp")]
    assert (out / "fit.png").read_bytes().startswith(b"\x89PNG")


def test_the_summary_has_every_parameter_with_its_unit(summary):
    assert summary["model"] == "LIF"
    known = dx.parameters(dx.LIF())
    assert summary["parameters"].keys() == known.keys()
    for name, entry in summary["parameters"].items():
        assert np.isfinite(entry["value"])
        assert entry["unit"] == known[name].unit


def test_the_summary_has_scores_and_spike_counts_of_every_sweep(summary):
    counts = [*summary["trained"]["spike_counts"], *summary["held_out"]["spike_counts"]]
    recorded = {entry["sweep"]: entry["recorded"] for entry in counts}
    assert recorded == dict(enumerate([0, 0, 1, 3, 5, 6]))
    assert [entry["sweep"] for entry in summary["held_out"]["spike_counts"]] == [2, 5]
    assert summary["trained"]["voltage_rmse_mV"] > 0
    assert summary["trained"]["subthreshold_rmse_mV"] > 0
    assert summary["held_out"]["subthreshold_rmse_mV"] is None  # no sweep without spikes


def test_the_summary_has_the_check_against_brian2_at_two_steps(summary):
    check = summary["brian2"]
    assert check["dt_ms"][0] == 2 * check["dt_ms"][1]
    assert check["spike_counts_equal"]
    # Brian2's error, of fourth order, at its larger step.
    assert max(filter(None, check["max_spike_time_difference_ms"]), default=0.0) < 1e-3
    assert max(check["voltage_rms_mV"]) < 1e-3


def test_results_open_elsewhere(out, summary):
    with xr.open_datatree(out / "fit.nc", decode_times=False) as tree:
        assert tree["simulation"].v.attrs["units"] == "mV"
        assert tree["recording"].sizes["trial"] == 6
        assert tree.attrs["optimizer"] == "adam"
        assert "uncertainty" in tree.children
        history = tree["history"].to_dataset()
        assert history.sizes["step"] == STEPS
        assert history.c_m.attrs["units"] == "pF"
        best = history.isel(step=int(np.argmin(history.loss.values)))
        np.testing.assert_allclose(summary["parameters"]["c_m"]["value"], best.c_m, rtol=1e-14)
    with neo.NixIO(str(out / "fit.nix"), "ro") as file:
        segments = file.read_block().segments
    assert len(segments) == 6
    assert {str(each.units.dimensionality) for each in segments[0].analogsignals} >= {"mV", "pA"}


def test_a_fit_that_is_resumed_takes_no_step_again(
    recording, out, summary, checked, monkeypatch, capsys
):
    def advance(*_):
        raise AssertionError("all steps were done before")

    monkeypatch.setattr(_run, "advance", advance)
    monkeypatch.setattr(_job, "convergence", lambda *_, **__: checked[-1])
    (out / "summary.json").unlink()
    assert main(fit_of(recording, out, "--resume")) == 0
    again = json.loads((out / "summary.json").read_text())
    assert again["parameters"] == summary["parameters"]
    assert main(fit_of(recording, out, "--resume", steps=STEPS + 1)) == 2
    assert "belongs to another fit" in capsys.readouterr().err.splitlines()[-1]


def test_a_fit_without_a_recording_is_refused_in_one_line(capsys):
    assert main(["fit"]) == 2
    assert "which recording?" in one_line(capsys.readouterr())


def planned(capsys, *arguments):
    """Return what a fit would do."""
    assert main(["fit", *map(str, arguments), "--dry-run"]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    return {line[0]: line[1] for line in lines if len(line) == 2}


def test_a_dry_run_says_what_would_be_done_and_does_nothing(recording, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--model", "lif", "--out", out, "--batch-size", 2, "--starts", 3, "--steps", 10]
    plan = planned(capsys, recording, *options)
    assert plan["c_m"].split()[1:3] == ["pF", "learnable"]
    assert plan["trained"] == "sweeps 0 1 3 4"
    assert plan["held"] == "out   sweeps 2 5"
    assert plan["loss"].startswith("Voltage(trace='v'")
    assert plan["work"].startswith("60 simulated sweeps with gradients")
    assert not out.exists()


def test_a_file_may_hold_the_options_and_the_command_line_wins(recording, tmp_path, capsys):
    config = tmp_path / "fit.toml"
    config.write_text(
        f"recording = '{recording}'\nmodel = 'lif'\nheld-out = []\nloss = '2*voltage'\n"
        "method = 'levenberg-marquardt'\nsteps = 7\nspike-threshold = -20\n"
    )
    plan = planned(capsys, "--config", config, "--steps", 5)
    assert plan["steps"].startswith("5 at most, 6 sweeps")
    assert plan["held"] == "out   sweeps none"
    assert plan["loss"].startswith("2 * (Voltage(trace='v'")
    assert plan["work"].startswith("30 simulated sweeps with Jacobians of 6 columns")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("step = 5", "there is no option 'step'; there are: recording, model,"),
        ("steps = 'many'", "steps must be a whole number; got 'many'"),
        ("starts = true", "starts must be a whole number; got True"),
        ("held-out = [1.5]", "held-out must be a whole number or a list of them; got [1.5]"),
        ("dt = 'small'", "dt must be a number; got 'small'"),
        ("steps = [1, 2]", "steps must be a whole number; got [1, 2]"),
        ("method = 'sgd'", "method must be one of adam, polyak, levenberg-marquardt; got 'sgd'"),
        ("patience = 0", "--patience must be at least 1; got 0"),
        ("steps 5", "not a TOML file"),
    ],
)
def test_options_in_a_file_are_checked_by_name(line, reason, recording, tmp_path, capsys):
    config = tmp_path / "fit.toml"
    config.write_text(line)
    assert main(["fit", str(recording), "--config", str(config)]) == 2
    assert reason in one_line(capsys.readouterr())


def test_what_was_asked_for_is_kept_and_asks_for_the_same_again(recording, out, capsys):
    again = planned(capsys, "--config", out / "config.toml")
    assert again == planned(capsys, *fit_of(recording, out)[1:])


def test_a_morphology_becomes_a_cell_with_the_usual_conductances(recording, tmp_path, capsys):
    swc = tmp_path / "cell.swc"
    dx.write_swc(dx.ball_and_stick(20 * pq.um, 200 * pq.um, 2 * pq.um), swc)
    plan = planned(capsys, recording, "--morphology", swc, "--celsius", 32)
    assert plan["Cell,"] == "9 learnable numbers"
    # 1 uF/cm2 in the time constant of the recording, printed with four digits.
    leak = float(plan["mechanisms[0].g_leak"].split()[0])
    tau = features(dx.read_recording(recording)).tau
    np.testing.assert_allclose(leak * tau, 1.0, rtol=1e-3)
    for k in range(1, 5):
        assert "learnable" in plan[f"mechanisms[{k}].g_max"]
    assert plan["simulator"].endswith("steps of 0.025 ms")


def test_the_report_can_be_written_again(out, capsys):
    report = out / "report.html"
    before = report.read_text()
    report.unlink()
    assert main(["report", str(out)]) == 0
    pictures = r'src="[^"]*"'  # elements of an SVG have random names
    assert re.sub(pictures, "", report.read_text()) == re.sub(pictures, "", before)
    assert main(["report", str(out.parent)]) == 2
    assert "there is no such file" in capsys.readouterr().err.splitlines()[-1]


def test_a_fit_goes_to_other_programs(out, summary):
    assert main(["export", str(out), "--to", ".mat"]) == 0
    simulated = dx.read(out / "fit.mat")
    assert simulated.target.n_trials == simulated.inputs.n_trials == 6
    assert main(["export", str(out), "--to", "brian2"]) == 0
    script = (out / "fit_brian2.py").read_text()
    compile(script, "fit_brian2.py", "exec")
    assert repr(summary["parameters"]["c_m"]["value"]) in script


MODEL = """
from typing import NamedTuple

import jax.numpy as jnp
import quantities as pq
from jax import lax

import dendrax as dx


class State(NamedTuple):
    v: object


class Leaky(dx.AbstractNeuron):
    tau: object = dx.parameter("ms", default=8.0)

    units = {"v": "mV"}
    input_unit = "pA"

    def init_state(self):
        return State(jnp.asarray(-60.0))

    def dynamics(self, t, state, current):
        return State((-60.0 - state.v + current / 8) / WRONG(self.tau))

    def spike_condition(self, t, state):
        return state.v + 45

    def input_spike(self, state, weight, site):
        return State(state.v + weight)

    def reset_spiked(self, t, state):
        return State(jnp.asarray(-65.0))

    def observe(self, state):
        return {"v": state.v}


neuron = Leaky()
inputs = dx.Inputs(current=dx.step_current(200 * pq.pA, 5 * pq.ms, 25 * pq.ms))
simulator = dx.Simulator(25 * pq.ms, record=dx.Record("v", every=0.5 * pq.ms), max_spikes=8)
"""


def test_a_model_of_ones_own_is_simulated(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(MODEL.replace("WRONG", ""))
    assert main(["simulate", f"{path}:neuron", "--out", str(tmp_path / "result.nc")]) == 0
    saved = dx.read(tmp_path / "result.nc")
    # Between -65 and -45 mV with a steady state of -35 mV: 8 ms ln(30 / 10) each, the first sooner.
    first = 5 + 8 * np.log(25 / 10)
    expected = first + 8 * np.log(3) * np.arange(3)
    expected = expected[expected < 25]
    np.testing.assert_allclose(saved.target.spikes(0), expected, atol=1e-6)
    shown = capsys.readouterr().out
    assert shown == f"{len(expected)} spikes in 1 trial(s) of 25 ms, 1 neuron(s); recorded: v\n"


@pytest.mark.slow
def test_a_model_with_a_wrong_gradient_does_not_pass(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(MODEL.replace("WRONG", "lax.stop_gradient"))
    assert main(["validate", f"{path}:neuron"]) == 1
    table = capsys.readouterr().out.splitlines()
    failed = [line for line in table if line.startswith("NO")]
    assert len(failed) == 1
    assert "gradient, relative error (tau)" in failed[0]
    assert sum("spike times" in line for line in table) == 2


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("mine.py", "must be named as FILE.py:name"),
        ("none.py:neuron", "there is no such file"),
        ("mine.py:cell", "'cell' must be an AbstractNeuron; got NoneType"),
        ("broken.py:neuron", "fails with ZeroDivisionError"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_refused_in_one_line(name, complaint, tmp_path, capsys):
    (tmp_path / "mine.py").write_text(MODEL)
    (tmp_path / "broken.py").write_text("1 / 0")
    assert main(["validate", str(tmp_path / name)]) == 2
    assert complaint in one_line(capsys.readouterr())
