"""Recordings in files of many formats, whole and broken."""

import fcntl
import os
import shutil
import struct
from datetime import UTC, datetime

import neo
import numpy as np
import pynwb
import pytest
import quantities as pq

import dendrax as dx

V = np.where((np.arange(100) >= 21) & (np.arange(100) < 25), 50.0, -70.0)
STEP = np.where((np.arange(100) >= 10) & (np.arange(100) < 60), 1.0, 0.0)
FORMATS = ("abf", "nwb", "nix", "ibw")


def write_nwb(path, *, paired="table", v=V, times=None, stimulus=True):
    """Write two sweeps, in mV and pA, whose names and start times do not tell what is a pair."""
    file = pynwb.NWBFile("two sweeps", "1", datetime(2020, 1, 1, tzinfo=UTC))
    device = file.create_device(name="amplifier")
    electrode = file.create_icephys_electrode(name="e", description="", device=device)
    clock = {"rate": 1e4, "starting_time": 3.0} if times is None else {"timestamps": times}
    for k, name in enumerate(("b", "a")):
        number = {"sweep_number": np.uint32(k)} if paired == "number" else {}
        common = {"electrode": electrode, "gain": 1.0, **clock, **number}
        response = pynwb.icephys.CurrentClampSeries(
            name=f"v {name}", data=v + k, conversion=1e-3, **common
        )
        file.add_acquisition(response)
        current = None
        if stimulus:
            current = pynwb.icephys.CurrentClampStimulusSeries(
                name=f"i {2 - k}", data=100.0 * (k + 1) * STEP, conversion=1e-12, **common
            )
            file.add_stimulus(current)
        if paired == "table":
            file.add_intracellular_recording(
                electrode=electrode, response=response, stimulus=current
            )
    with pynwb.NWBHDF5IO(str(path), "w") as writer:
        writer.write(file)


def write_ibw(path, v=V):
    """Write an Igor wave, version 2: headers of 16 and 110 bytes, data, 16 of padding."""
    data = np.asarray(v, dtype="<f8").tobytes()
    wave = struct.pack(
        "<hi20shhi4s4sihddhhhddbbiiI2sIi",
        *(4, 0, b"voltage", 0, 0, 0, b"mV", b"ms", len(v), 0, 0.1, 0.0),
        *(0, 0, 0, 0.0, 0.0, 0, 0, 0, 0, 0, b"", 0, 0),
    )
    sizes = struct.pack("<iii", len(wave) + 16 + len(data), 0, 0)
    # The sum of both headers, in pieces of two bytes, is zero.
    total = int(np.frombuffer(struct.pack("<h", 2) + sizes + wave, dtype="<i2").sum())
    checksum = (-total + 2**15) % 2**16 - 2**15
    path.write_bytes(
        struct.pack("<h", 2) + sizes + struct.pack("<h", checksum) + wave + data + bytes(16)
    )


def write_nix(path, v=V):
    segment = neo.Segment(name="0")
    for samples, unit in ((v, "mV"), (100 * STEP, "pA")):
        segment.analogsignals.append(
            neo.AnalogSignal(samples, units=unit, sampling_rate=10 * pq.kHz)
        )
    block = neo.Block(name="recording")
    block.segments.append(segment)
    with neo.NixIO(str(path), "ow") as file:
        file.write_block(block)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, recordings):
    folder = tmp_path_factory.mktemp("recordings")
    shutil.copy(recordings / "171116sh_0018.abf", folder / "whole.abf")
    write_nwb(folder / "whole.nwb")
    write_nix(folder / "whole.nix")
    write_ibw(folder / "whole.ibw")
    return folder


@pytest.mark.parametrize("paired", ["table", "number"])
def test_nwb_sweeps_have_the_stimulus_that_the_file_assigns(tmp_path, paired):
    write_nwb(tmp_path / "cell.nwb", paired=paired)
    target, inputs = dx.read_recording(tmp_path / "cell.nwb")
    np.testing.assert_allclose(target.traces["v"][:, 0], [V, V + 1], atol=1e-9)
    np.testing.assert_allclose(inputs.current.value, [[0, 100, 0], [0, 200, 0]], atol=1e-9)
    np.testing.assert_allclose(inputs.current.start, [[0, 1, 6]] * 2, atol=1e-6)
    # Halfway up, at -10 mV; one of them is 1 mV higher.
    np.testing.assert_allclose(target.spike_times[:, 0, 0], [2.05, 2.0 + 0.1 * 59 / 120], atol=1e-6)


def test_nwb_samples_may_have_times_of_their_own(tmp_path):
    write_nwb(tmp_path / "cell.nwb", times=3.0 + np.arange(100) / 1e4)
    target, _ = dx.read_recording(tmp_path / "cell.nwb")
    np.testing.assert_allclose(target.times, np.arange(100) / 10, atol=1e-6)


def test_what_dendrax_writes_is_a_recording_too(tmp_path):
    neuron, drive = dx.LIF(), dx.Inputs(dx.step_current(300 * pq.pA, 10 * pq.ms, 90 * pq.ms))
    simulator = dx.Simulator(100 * pq.ms, record=dx.Record("v", every=0.1 * pq.ms))
    result = simulator(neuron, drive)
    dx.write(result, tmp_path / "cell.nwb", drive)
    target, inputs = dx.read_recording(tmp_path / "cell.nwb", spike_threshold=-50.1 * pq.mV)
    np.testing.assert_allclose(target.traces["v"], result.traces["v"], rtol=1e-12)
    np.testing.assert_allclose(inputs.current.value, [[0, 300, 0]], atol=1e-9)
    # The voltage rises by 0.5 mV per ms: it passes -50.1 mV 0.2 ms before the spike at -50 mV.
    np.testing.assert_allclose(target.spikes(0), result.spikes(0) - 0.2, atol=0.1)


def test_an_igor_wave_goes_with_a_stimulus(whole):
    stimulus = neo.AnalogSignal(STEP / 10, units="nA", sampling_rate=10 * pq.kHz)
    target, inputs = dx.read_recording(whole / "whole.ibw", stimulus=stimulus)
    np.testing.assert_allclose(target.traces["v"][0, 0], V)
    np.testing.assert_allclose(inputs.current.value, [[0, 100, 0]], atol=1e-9)
    np.testing.assert_allclose(target.spikes(0), [2.05])


def missing(path, _):
    path.unlink()


def empty(path, _):
    path.write_bytes(b"")


def truncated(path, _):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def noise(path, _):
    path.write_bytes(bytes(range(256)) * 20)


def of_another_format(path, whole):
    other = FORMATS[FORMATS.index(path.suffix[1:]) - 1]
    shutil.copy(whole / f"whole.{other}", path)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("spoil", [missing, empty, truncated, noise, of_another_format])
@pytest.mark.filterwarnings("ignore")
def test_a_spoiled_file_is_named(tmp_path, whole, suffix, spoil):
    path = tmp_path / f"cell.{suffix}"
    shutil.copy(whole / f"whole.{suffix}", path)
    spoil(path, whole)
    with pytest.raises(dx.RecordingError, match=path.name) as refusal:
        dx.read_recording(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_that_one_may_not_read_is_named(tmp_path, whole, suffix):
    path = tmp_path / f"cell.{suffix}"
    shutil.copy(whole / f"whole.{suffix}", path)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # nothing is forbidden to root
    try:
        with pytest.raises(dx.RecordingError, match=rf"{path.name}: you may not read the file"):
            dx.read_recording(path)
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("suffix", ["nwb", "nix"])
def test_a_file_that_is_being_written_is_named(tmp_path, whole, suffix):
    path = tmp_path / f"cell.{suffix}"
    shutil.copy(whole / f"whole.{suffix}", path)
    with path.open("rb") as writer:
        # As HDF5 does it.
        fcntl.flock(writer, fcntl.LOCK_EX)
        with pytest.raises(dx.RecordingError, match=path.name):
            dx.read_recording(path)


def test_samples_that_are_missing_are_named(tmp_path):
    v = V.copy()
    v[30:32] = np.nan
    for name, write in (("cell.nwb", write_nwb), ("cell.nix", write_nix)):
        write(tmp_path / name, v=v)
        with pytest.raises(
            dx.RecordingError, match=rf"{name}: sweep 0 has 2 samples .* the first at 3 ms"
        ):
            dx.read_recording(tmp_path / name)


def test_a_gap_is_named(tmp_path):
    times = np.arange(100) / 1e4
    times[50:] += 0.5
    write_nwb(tmp_path / "cell.nwb", times=times)
    with pytest.raises(dx.RecordingError, match=r"cell.nwb: v b.* 1 gaps .* first at 4.9 ms"):
        dx.read_recording(tmp_path / "cell.nwb")


def test_a_sweep_without_stimulus_is_named(tmp_path):
    write_nwb(tmp_path / "cell.nwb", stimulus=False)
    with pytest.raises(dx.RecordingError, match=r"cell.nwb: sweep 0 has no injected current"):
        dx.read_recording(tmp_path / "cell.nwb")
