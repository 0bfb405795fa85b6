"""What others see in the files that are written, and what is refused."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

# Each prints the voltage of trial 2, neuron 1 at sample 5 in mV, and the spikes of both in ms.
PLAIN = """
import sys, warnings
import numpy as np
warnings.simplefilter("ignore")

import xarray
for open_plainly in (xarray.open_dataset, lambda path: xarray.open_zarr(path, consolidated=False)):
    dataset = open_plainly({nc!r} if open_plainly is xarray.open_dataset else {zarr!r})
    dataset.load()  # where there is Dask, Zarr is read lazily
    row = (dataset.spike_trial == 2) & (dataset.spike_neuron == 1)
    print(float(dataset.v[2, 1, 5]), *dataset.spike_time[row].values)

import neo
with neo.NixIO({nix!r}, "ro") as file:
    blocks = [file.read_block()]
blocks.append(neo.PickleIO({pkl!r}).read_block())
for block in blocks:
    segment = block.segments[2]
    v = segment.analogsignals[0].rescale("mV").magnitude
    print(float(v[5, 1]), *segment.spiketrains[1].rescale("ms").magnitude)

import pynwb
with pynwb.NWBHDF5IO({nwb!r}, "r") as file:
    content = file.read()
    responses = content.intracellular_recordings["responses"]["response"][:]
    series = responses[5].timeseries
    v = series.data[5] * series.conversion * 1e3
    print(float(v), *content.units["spike_times"][5] * 1e3)

segment = neo.NWBIO({nwb!r}, "r").read_block().segments[2]
v = next(signal for signal in segment.analogsignals if signal.name == "v_neuron001_trial0002")
print(float(v[5].rescale("mV").item()), *segment.spiketrains[1].rescale("ms").magnitude)

from scipy.io import loadmat
found = loadmat({mat!r}, squeeze_me=True)
row = (found["spike_trial"] == 2) & (found["spike_neuron"] == 1)
print(float(found["v"][2, 1, 5]), *found["spike_time"][row])
assert "dendrax" not in sys.modules
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory, make_result, make_inputs):
    folder = tmp_path_factory.mktemp("files")
    paths = {name: folder / f"result.{name}" for name in ("nc", "zarr", "nix", "nwb", "mat", "pkl")}
    for path in paths.values():
        dx.write(make_result(), path, make_inputs())
    return paths


def test_others_read_the_files_without_us(files, make_result):
    script = PLAIN.format(**{name: str(path) for name, path in files.items()})
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=files["nc"].parent
    )
    assert done.returncode == 0, done.stderr
    result = make_result()
    expected = [result.traces["v"][2, 1, 5], *result.spikes(2, 1)]
    printed = [line for line in done.stdout.splitlines() if "Can't handle unit '1'" not in line]
    lines = [np.array(line.split(), dtype=float) for line in printed]
    assert len(lines) == 7
    for line in lines:
        np.testing.assert_allclose(line, expected, rtol=1e-14)


def test_nwb_is_valid(files):
    import pynwb

    assert pynwb.validate(path=str(files["nwb"])) == []


@pytest.mark.filterwarnings("ignore")
def test_the_nwb_inspector_misses_the_animal_only(files):
    from nwbinspector import Importance, inspect_nwbfile

    found = inspect_nwbfile(
        nwbfile_path=str(files["nwb"]), importance_threshold=Importance.BEST_PRACTICE_VIOLATION
    )
    # A simulation has no animal.
    assert {each.check_function_name for each in found} == {"check_subject_exists"}


def test_weights_of_several_channels_survive(tmp_path, make_result, difference):
    trains = dx.spike_trains([[1] * pq.ms, [2, 3] * pq.ms], weight=[[1.0, 0.1], [0.3, 4.0]])
    sweeps = dx.Sweeps(dx.take(make_result(), 0), dx.Inputs(spikes=trains))
    for suffix in (".nc", ".nwb", ".pkl"):
        dx.write(sweeps, tmp_path / f"weights{suffix}")
        back = dx.read(tmp_path / f"weights{suffix}")
        assert difference(sweeps, back, times=1e-6) == "", suffix


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_results_of_unlike_shape_make_a_tree(tmp_path, suffix, make_result, difference):
    results = {"hidden": make_result(neurons=4), "output": make_result(neurons=1, spikes=False)}
    tree = dx.to_xarray(results)
    assert tree["hidden"].sizes["neuron"] == 4
    dx.write(results, tmp_path / f"tree{suffix}")
    back = dx.read(tmp_path / f"tree{suffix}")
    assert back.keys() == results.keys()
    assert all(difference(results[name], back[name]) == "" for name in results)
    with pytest.raises(dx.RecordingError, match=r"go to .nc or .zarr"):
        dx.write(results, tmp_path / "tree.nix")


def test_trials_are_appended(tmp_path, make_result, make_inputs, difference):
    whole = dx.Sweeps(make_result(), make_inputs())
    dx.append(dx.take(whole, [0]), tmp_path / "run.zarr")
    dx.append(dx.take(whole, [1, 2]), tmp_path / "run.zarr")
    assert difference(whole, dx.read(tmp_path / "run.zarr")) == ""
    assert list(dx.to_xarray(whole).trial.values) == [0, 1, 2]


def test_what_does_not_go_together_is_not_appended(tmp_path, make_result, make_inputs):
    path = tmp_path / "run.zarr"
    dx.append(make_result(), path)
    with pytest.raises(dx.RecordingError, match="neuron has 2 entries in the file and 3"):
        dx.append(make_result(neurons=3), path)
    with pytest.raises(dx.RecordingError, match=r"same variables; current_slope.* in one only"):
        dx.append(make_result(), path, make_inputs())
    shifted = dx.thin(make_result(), 0.1 * pq.ms)
    object.__setattr__(shifted, "t_stop", 11.0)
    with pytest.raises(dx.RecordingError, match="must have the same t_stop"):
        dx.append(shifted, path)
    with pytest.raises(dx.RecordingError, match=r"run.nc: trials are appended to .zarr"):
        dx.append(make_result(), tmp_path / "run.nc")


def test_a_folder_of_others_is_not_replaced(tmp_path, make_result):
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "notes.txt").write_text("keep")
    with pytest.raises(dx.RecordingError, match="is a folder, and will not be replaced"):
        dx.write(make_result(), tmp_path / "mine.zarr")
    assert (tmp_path / "mine.zarr" / "notes.txt").exists()


class Intruder:
    def __init__(self, where):
        self.where = where

    def __reduce__(self):
        return os.mkdir, (self.where,)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    path = tmp_path / "trap.pkl"
    path.write_bytes(pickle.dumps({"block": Intruder(str(tmp_path / "sprung"))}))
    with pytest.raises(dx.RecordingError, match=r"wants to call posix.mkdir"):
        dx.read(path)
    assert not (tmp_path / "sprung").exists()
    path.write_bytes(b"cneo.core.block\nnp.ndarray.tofile\n.")
    with pytest.raises(dx.RecordingError, match=r"wants to call"):
        dx.read(path)


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch, make_result, tmp_path):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError, match=r"pip install 'dendrax\[zarr\]'"):
        dx.write(make_result(), tmp_path / "a.zarr")


def test_a_name_that_matlab_does_not_know_is_refused(tmp_path, make_result):
    result = make_result()
    object.__setattr__(result, "readouts", {"peak at 3": result.t_reached})
    with pytest.raises(dx.RecordingError, match="'readout_peak at 3' is not the name"):
        dx.write(result, tmp_path / "a.mat")


@pytest.mark.parametrize("suffix", [".mat", ".nwb"])
def test_files_of_others_are_refused(tmp_path, suffix):
    path = tmp_path / f"theirs{suffix}"
    if suffix == ".mat":
        from scipy.io import savemat

        savemat(path, {"x": 1.0})
    else:
        from datetime import UTC, datetime

        import pynwb

        with pynwb.NWBHDF5IO(str(path), "w") as file:
            file.write(pynwb.NWBFile("theirs", "1", datetime(2020, 1, 1, tzinfo=UTC)))
    with pytest.raises(dx.RecordingError, match=r"only .* files of dx.write"):
        dx.read(path)
