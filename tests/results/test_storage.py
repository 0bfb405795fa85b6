"""Results survive xarray, Neo and files; files are replaced whole or not at all."""

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

SUFFIXES = (".nc", ".zarr", ".nix", ".nwb", ".mat", ".pkl")
# Neo and NWB keep a sampling rate, of which the times are recomputed.
RECOMPUTED = {".nix": 1e-6, ".nwb": 1e-6, ".pkl": 1e-6}


# With inputs, float64 with spikes has a test of its own.
@pytest.mark.parametrize(("dtype", "spikes"), [(np.float32, True), (np.float64, False)])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_gives_back_what_was_written(
    tmp_path, dtype, spikes, suffix, difference, make_result
):
    result = make_result(dtype=dtype, spikes=spikes)
    dx.write(result, tmp_path / f"result{suffix}")
    back = dx.read(tmp_path / f"result{suffix}")
    assert difference(result, back, times=RECOMPUTED.get(suffix, 0.0)) == ""
    for name in ("spike_times", "spike_slope", "times", "t_reached"):
        assert getattr(back, name).dtype == dtype, name
    assert {trace.dtype for trace in back.traces.values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_gives_back_the_inputs_too(tmp_path, suffix, difference, make_inputs, make_result):
    result, inputs = make_result(), make_inputs()
    dx.write(result, tmp_path / f"result{suffix}", inputs)
    back = dx.read(tmp_path / f"result{suffix}")
    assert difference(dx.Sweeps(result, inputs), back, times=1e-9) == ""


def test_inputs_may_come_with_the_result(make_inputs, make_result):
    result, inputs = make_result(), make_inputs()
    together = dx.to_xarray(dx.Sweeps(result, inputs))
    assert together.identical(dx.to_xarray(result, inputs))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_result_without_traces_survives(tmp_path, suffix, difference):
    result = dx.Simulator(t_stop=100 * pq.ms)(dx.LIF(), dx.Inputs())
    dx.write(result, tmp_path / f"bare{suffix}")
    assert difference(result, dx.read(tmp_path / f"bare{suffix}")) == ""


def test_xarray_has_names_and_units(make_inputs, make_result):
    result = make_result()
    dataset = dx.to_xarray(result, make_inputs())
    assert dataset.v_dend.dims == ("trial", "neuron", "dendrite", "time")
    assert dataset.i_syn.dims == ("trial", "neuron", "dendrite", "synapse", "time")
    # A readout may be of anything.
    named = {name: each for name, each in dataset.variables.items() if "readout" not in name}
    assert all("units" in each.attrs for each in named.values())
    assert all("long_name" in each.attrs for each in dataset.variables.values())
    assert dataset.spike_time.attrs["units"] == "ms"
    assert all(isinstance(value, str | int | float) for value in dataset.attrs.values())
    assert all(type(each.data) is np.ndarray for each in dataset.variables.values() if each.ndim)
    in_trial_2 = dataset.spike_time[(dataset.spike_trial == 2) & (dataset.spike_neuron == 0)]
    np.testing.assert_array_equal(in_trial_2, result.spikes(2, 0))


def test_a_dataset_of_others_is_refused():
    import xarray as xr

    with pytest.raises(dx.RecordingError, match="dendrax_schema must be 2; got None"):
        dx.from_xarray(xr.Dataset())


def test_numbers_of_trials_must_agree(make_result):
    with pytest.raises(dx.RecordingError, match="3 trials of the result; got 1"):
        dx.to_xarray(make_result(), dx.Inputs())


def test_writing_replaces_and_leaves_nothing_else(tmp_path, make_result):
    for result in (make_result(neurons=2), make_result(neurons=3)):
        for suffix in (".nc", ".zarr"):
            dx.write(result, tmp_path / f"result{suffix}")
            assert (
                dx.read(tmp_path / f"result{suffix}").spike_counts.shape
                == result.spike_counts.shape
            )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.nc", "result.zarr"]


def test_a_failed_write_keeps_the_old_file(tmp_path, difference, make_result):
    path = tmp_path / "result.nc"
    dx.write(make_result(), path)
    with pytest.raises(dx.RecordingError):
        dx.write(make_result(), path, dx.Inputs())
    assert difference(make_result(), dx.read(path)) == ""
    assert [each.name for each in tmp_path.iterdir()] == ["result.nc"]


@pytest.mark.parametrize("name", ["a.h5", "a", "nowhere/a.nc"])
def test_a_path_that_cannot_be_written_is_named(tmp_path, name, make_result):
    with pytest.raises(dx.RecordingError, match=r"suffix must be .nc, .*; got|no folder"):
        dx.write(make_result(), tmp_path / name)


@pytest.mark.parametrize("suffix", [".nc", ".nix", ".nwb", ".mat", ".pkl"])
def test_a_damaged_file_is_named(tmp_path, suffix, make_result):
    whole, half = tmp_path / f"whole{suffix}", tmp_path / f"half{suffix}"
    dx.write(make_result(), whole)
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    for path in (half, tmp_path / f"missing{suffix}", tmp_path):
        with pytest.raises(dx.RecordingError, match=path.name):
            dx.read(path)


def test_reading_a_foreign_nix_file_points_to_read_recording(tmp_path):
    import neo

    path = tmp_path / "foreign.nix"
    with neo.NixIO(str(path), "ow") as file:
        file.write_block(neo.Block(name="mine"))
    with pytest.raises(dx.RecordingError, match="read_recording"):
        dx.read(path)
