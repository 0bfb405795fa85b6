"""Recordings come in whole, or are refused with a reason."""

import neo
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

RATE = 10 * pq.kHz


def signal(samples, unit, name=None, t_start=0 * pq.ms, **more):
    return neo.AnalogSignal(
        samples, units=unit, sampling_rate=RATE, t_start=t_start, name=name, **more
    )


def voltage(n=100, offset=0.0):
    """Return a trace that crosses -10 mV upward halfway between samples 20 and 21."""
    v = np.full(n, -70.0)
    v[21:25] = 50.0
    return v + offset


def step(n=100, amplitude=100.0):
    return np.where((np.arange(n) >= 10) & (np.arange(n) < 60), amplitude, 0.0)


def recording(n_sweeps=3, n=100, current=True):
    block = neo.Block(name="test")
    for k in range(n_sweeps):
        segment = neo.Segment()
        segment.analogsignals.append(signal(voltage(n), "mV", "v", t_start=k * pq.s))
        if current:
            segment.analogsignals.append(signal(step(n, 100.0 * k), "pA", "i", t_start=k * pq.s))
        block.segments.append(segment)
    return block


def test_sweeps_start_at_zero_with_their_current():
    target, inputs = dx.from_neo(recording())
    assert target.traces["v"].shape == (3, 1, 100)
    np.testing.assert_allclose(target.times, 0.1 * np.arange(100), atol=1e-12)
    assert target.t_stop == 10.0
    np.testing.assert_allclose(target.spike_times, np.full((3, 1, 1), 2.05), atol=1e-12)
    np.testing.assert_allclose(target.spike_slope, np.full((3, 1, 1), 1200.0))
    np.testing.assert_allclose(inputs.current.start[2], [0.0, 1.0, 6.0])
    np.testing.assert_allclose(inputs.current.value[2], [0.0, 200.0, 0.0])


def test_units_are_converted():
    segment = neo.Segment()
    segment.analogsignals += [signal(voltage() / 1e3, "V"), signal(step() / 1e3, "nA")]
    target, inputs = dx.from_neo(segment)
    np.testing.assert_allclose(target.traces["v"][0, 0], voltage())
    np.testing.assert_allclose(inputs.current.value[0], [0.0, 100.0, 0.0])


@pytest.mark.parametrize(
    "stimulus",
    [
        signal(step(), "pA"),
        [signal(step(), "pA", t_start=k * pq.s) for k in range(3)],
        [recording().segments[1]] * 3,
    ],
    ids=["one", "signals", "protocol"],
)
def test_the_stimulus_can_be_given(stimulus):
    _, inputs = dx.from_neo(recording(current=False), stimulus=stimulus)
    np.testing.assert_allclose(inputs.current.value, np.tile([0.0, 100.0, 0.0], (3, 1)))
    np.testing.assert_allclose(inputs.current.start[1], [0.0, 1.0, 6.0])


def test_thinning_keeps_the_spikes_of_the_full_rate():
    full, thinned = dx.from_neo(recording()), dx.from_neo(recording(), every=0.5 * pq.ms)
    assert dx.thin(full, every=0.5 * pq.ms).target.traces["v"].shape == (3, 1, 20)
    np.testing.assert_array_equal(thinned.target.traces["v"], full.target.traces["v"][..., ::5])
    np.testing.assert_allclose(thinned.target.times, 0.5 * np.arange(20), atol=1e-12)
    np.testing.assert_array_equal(thinned.target.spike_times, full.target.spike_times)
    with pytest.raises(
        dx.RecordingError, match=r"multiple of the sampling period, 0.1 ms; got 0.25"
    ):
        dx.thin(full, every=0.25 * pq.ms)


@pytest.mark.parametrize(
    ("indices", "amplitudes"),
    [
        ([2, 0], [200, 0]),
        (-1, [200]),
        (slice(1, None), [100, 200]),
        ([True, False, True], [0, 200]),
    ],
)
def test_take_selects_trials(indices, amplitudes):
    target, inputs = dx.take(dx.from_neo(recording()), indices)
    assert target.traces["v"].shape == (len(amplitudes), 1, 100)
    assert target.times.shape == (100,)
    np.testing.assert_allclose(np.asarray(inputs.current.value).max(1), amplitudes)


def test_take_refuses_a_trial_that_is_not_there():
    with pytest.raises(IndexError):
        dx.take(dx.from_neo(recording()), [3])


def test_unequal_sweeps_are_cut_with_a_warning():
    block = recording(2)
    block.segments.append(recording(1, n=80).segments[0])
    with pytest.warns(UserWarning, match="80 to 100 samples; all are cut to 8 ms"):
        target, _ = dx.from_neo(block)
    assert target.traces["v"].shape == (3, 1, 80)


def test_a_channel_can_be_chosen():
    block = recording(2)
    for k, segment in enumerate(block.segments):
        start = {"t_start": k * pq.s}
        segment.analogsignals.append(signal(voltage(offset=5.0), "mV", "dendrite", **start))
        segment.analogsignals.append(signal(np.zeros(100), "mV", "unused", **start))
    with pytest.raises(dx.RecordingError, match=r"0 'v', 1 'dendrite', 2 'unused'. Pass channel"):
        dx.from_neo(block)
    for channel in (1, "dendrite"):
        target, _ = dx.from_neo(block, channel=channel)
        np.testing.assert_allclose(target.traces["v"][0, 0], voltage(offset=5.0))
    with pytest.raises(dx.RecordingError, match="got channel='soma'"):
        dx.from_neo(block, channel="soma")


def test_a_command_channel_that_is_zero_is_ignored():
    segment = recording(1).segments[0]
    segment.analogsignals.append(signal(np.zeros(100), "mV", "AO 1"))
    segment.analogsignals.append(signal(np.zeros(100), "pA", "AO 2"))
    np.testing.assert_allclose(dx.from_neo(segment).target.traces["v"][0, 0], voltage())


def with_bad_samples():
    block = recording()
    block.segments[1].analogsignals[0][30:32] = np.nan * pq.mV
    return block


def with_other_rate():
    block = recording()
    slow = neo.AnalogSignal(voltage(), units="mV", sampling_rate=5 * pq.kHz)
    block.segments[2].analogsignals = [slow, block.segments[2].analogsignals[1]]
    return block


def with_two_currents():
    block = recording(2)
    block.segments[1].analogsignals.append(signal(step(), "pA", "other"))
    return block


def without_voltage():
    segment = neo.Segment()
    segment.analogsignals.append(signal(step(), "pA"))
    return segment


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            with_bad_samples,
            "test: sweep 1 has 2 samples of 'v' that are not finite, the first at 3 ms",
        ),
        (with_other_rate, "sweep 0 has 0.1 ms, sweep 2 has 0.2 ms"),
        (with_two_currents, "sweep 1 has 'i', 'other'"),
        (without_voltage, r"no voltage.*1 segments with 1 analog signals \(in pA\)"),
        (neo.Block, "no voltage"),
        (lambda: recording(current=False), "sweep 0 has no injected current.*Pass stimulus"),
        (lambda: recording(n=1), "sweep 0 has 1 samples"),
    ],
)
def test_what_cannot_be_fitted_is_refused(make, message):
    with pytest.raises(dx.RecordingError, match=message):
        dx.from_neo(make())


def test_a_stimulus_that_does_not_fit_is_refused():
    block = recording(current=False)
    with pytest.raises(dx.RecordingError, match="one entry per sweep, 3; got 2"):
        dx.from_neo(block, stimulus=[signal(step(), "pA")] * 2)
    with pytest.raises(dx.RecordingError, match="units of current; that of sweep 0"):
        dx.from_neo(block, stimulus=signal(step(), "mV"))
    with pytest.raises(dx.UnitError, match="spike_threshold"):
        dx.from_neo(recording(), spike_threshold=3 * pq.ms)


def test_noise_at_the_threshold_is_reported():
    block = recording(1)
    block.segments[0].analogsignals[0][22] = -20 * pq.mV
    with pytest.warns(UserWarning, match="sweep 0 crosses -10 mV upward twice within 0.5 ms"):
        dx.from_neo(block)


def test_spike_trains_go_before_the_threshold():
    block = recording(2)
    for k, segment in enumerate(block.segments):
        times = (k + np.array([0.003, 0.001])[: k + 1]) * pq.s
        segment.spiketrains.append(neo.SpikeTrain(times, t_start=k * pq.s, t_stop=(k + 1) * pq.s))
    target, _ = dx.from_neo(block)
    np.testing.assert_allclose(target.spike_times[:, 0], [[3.0, np.inf], [1.0, 3.0]])


def test_sweeps_of_one_segment_are_told_apart():
    """Neo reads all sweeps of an NWB file into one segment, in the order of their names."""
    segment = neo.Segment()
    for k in (1, 10, 2):
        start = {"t_start": k * pq.s}
        segment.analogsignals.append(signal(voltage(offset=k), "mV", f"ic__{k}", **start))
        segment.analogsignals.append(signal(step(amplitude=k), "pA", f"ics__{k}", **start))
    target, inputs = dx.from_neo(segment)
    np.testing.assert_allclose(target.traces["v"][:, 0, 0], [-69, -68, -60])
    np.testing.assert_allclose(inputs.current.value[:, 1], [1, 2, 10])


def test_what_goes_to_neo_comes_back(make_result, make_inputs, difference):
    result, inputs = make_result(neurons=1), make_inputs()
    back = dx.from_neo(dx.to_neo(result, inputs), channel="v")
    np.testing.assert_array_equal(back.target.traces["v"], result.traces["v"])
    np.testing.assert_array_equal(back.target.spike_counts, result.spike_counts)
    for trial in range(3):
        np.testing.assert_array_equal(back.target.spikes(trial), result.spikes(trial))
    assert difference(back.inputs, dx.Inputs([*currents(inputs)])) == ""


def currents(inputs):
    for trial in range(inputs.n_trials):
        current = inputs.current
        yield dx.Current(
            current.start[trial], current.value[trial], current.slope[trial], current.unit
        )


def test_the_abf_file(recordings):
    target, inputs = dx.read_recording(recordings / "171116sh_0018.abf")
    assert target.traces["v"].shape == (17, 1, 60000)
    assert target.t_stop == 3000.0
    # The digital-to-analog converter puts the new level out with sample 2937, and so on.
    start = np.asarray(inputs.current.start)
    np.testing.assert_allclose(
        start[5], [0.0, 146.85, 646.85, 1146.85, 1646.85, 2146.85], atol=1e-9
    )
    assert start.shape[1] == 6
    levels = np.stack([inputs.current.value[k][start[k] == 146.85] for k in (0, 16)])
    np.testing.assert_allclose(levels[:, 0], [-100, 300])
    assert target.spike_counts[:, 0].tolist() == [0] * 6 + [2, 3, 6, 8, 10, 12, 12, 14, 16, 16, 18]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_nwb_file(recordings):
    target, inputs = dx.read_recording(recordings / "99111002.nwb", spike_threshold=30 * pq.mV)
    assert target.traces["v"].shape == (16, 1, 7168)
    amplitudes = np.linspace(-2000, 1000, 16)
    np.testing.assert_allclose(inputs.current.value[:, 1], amplitudes, atol=1e-3)
    np.testing.assert_allclose(
        inputs.current.start, np.tile([0.0, 31.2, 431.2], (16, 1)), atol=1e-9
    )


def test_the_default_recording():
    target, inputs = dx.default_recording()
    assert target.traces["v"].shape == (10, 1, 7000)
    np.testing.assert_allclose(
        inputs.current.start, np.tile([0.0, 50.0, 550.0], (10, 1)), atol=1e-9
    )
    counts = target.spike_counts[:, 0]
    assert counts[:4].sum() == 0
    assert np.all(np.diff(counts) >= 0)
    assert 8 <= counts[-1] <= 12


@pytest.mark.parametrize(
    "name",
    ["missing.abf", "folder.nwb", "empty.nix", "noise.abf", "noise.nwb", "noise.foo", "a.pkl"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    path = tmp_path / name
    if name.startswith("folder"):
        path.mkdir()
    elif not name.startswith("missing"):
        path.write_bytes(b"" if name.startswith("empty") else bytes(range(256)) * 20)
    with pytest.raises(dx.RecordingError, match=name):
        dx.read_recording(path)
