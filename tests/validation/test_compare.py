import dataclasses
import sys

import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.validation._matching import matched

TIMES = np.arange(0.0, 10.0, 0.5)


def result(*trains, v=None, unit="mV"):
    padded = np.full((len(trains), 1, 8), np.inf)
    for row, train in zip(padded, trains, strict=True):
        row[0, : len(train)] = train
    shape = padded.shape[:2]
    traces = (
        {} if v is None else {"v": jnp.broadcast_to(jnp.asarray(v, float), (*shape, len(TIMES)))}
    )
    return dx.SimulationResult(
        spike_times=jnp.asarray(padded),
        spike_slope=jnp.full(padded.shape, jnp.inf),
        times=jnp.asarray(TIMES),
        traces=traces,
        status=jnp.zeros(shape, int),
        n_steps=jnp.zeros(shape, int),
        t_reached=jnp.full(shape, 10.0),
        t_stop=10.0,
        units=(("v", unit),) if traces else (),
    )


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ([1, 5, 9], [1.1, 5.1, 9.1], [(1, 1.1), (5, 5.1), (9, 9.1)]),
        ([1, 5, 9], [1.1, 9.1], [(1, 1.1), (9, 9.1)]),
        ([1, 9], [1.1, 5.1, 9.1], [(1, 1.1), (9, 9.1)]),
        ([1.0, 1.4], [1.3], [(1.4, 1.3)]),
        ([1, 5], [8.5], []),
        ([], [2], []),
        ([], [], []),
    ],
)
def test_spikes_are_paired_with_the_right_one_or_with_none(a, b, pairs):
    left, right = matched(np.asarray(a, float), np.asarray(b, float), window=2.0)
    assert list(zip(left, right, strict=True)) == pairs


def test_missing_and_extra_spikes_are_counted_per_trial():
    comparison = dx.compare(result([1, 5, 9], [2]), result([1.1, 9.2], [2, 4]))
    assert (comparison.n_pairs, comparison.n_missing, comparison.n_extra) == (3, 1, 1)
    assert comparison.counts_a.tolist() == [[3], [1]]
    assert comparison.counts_b.tolist() == [[2], [2]]
    # 3 ulp of 9 ms: the differences are those of floats
    assert comparison.spike_max == pytest.approx(0.2, abs=1e-14)
    assert comparison.spike_rms == pytest.approx(np.sqrt((0.1**2 + 0.2**2) / 3), abs=1e-14)


def test_voltages_around_spikes_do_not_count():
    wave = np.sin(TIMES)
    spiked = wave + 0.25 * (TIMES == 4.0) + 1e-3
    near = dx.compare(result([4.05], v=wave), result([4.05], v=spiked))
    assert near.v_max == pytest.approx(1e-3, rel=1e-9)
    assert near.v_rms == pytest.approx(1e-3, rel=1e-9)
    assert near.v_range == pytest.approx(np.ptp(wave))
    far = dx.compare(result([4.05], v=wave), result([4.05], v=spiked), around_spikes=0.01 * pq.ms)
    assert far.v_max == pytest.approx(0.251, rel=1e-9)


@pytest.mark.parametrize(
    ("b", "complaint"),
    [
        (result([1, 5.2], v=TIMES), "spike times must agree within 0.1 ms; they differ by 0.2 ms"),
        (result([1], v=TIMES), "1 of a and 0 of b have none"),
        (result([1, 5], v=TIMES + 1), "v must agree within 0.5 mV; it differs by 1 mV"),
        (result([1, 5], v=TIMES * np.nan), "v must agree within 0.5 mV; it differs by nan mV"),
    ],
)
def test_a_disagreement_is_refused_in_words(b, complaint):
    comparison = dx.compare(result([1, 5], v=TIMES), b)
    with pytest.raises(dx.ValidationError, match=complaint):
        comparison.raise_if_outside(spike_time=0.1 * pq.ms, v=0.5 * pq.mV)


def test_an_agreement_goes_through_and_can_be_read():
    comparison = dx.compare(result([1, 5], v=TIMES), result([1, 5.05], v=TIMES))
    assert comparison.raise_if_outside(spike_time=0.1 * pq.ms, v=0.5 * pq.mV) is comparison
    assert str(comparison).splitlines() == [
        "                             a             b",
        "spikes                       2             2",
        "without partner              0             0",
        "difference             largest           rms",
        "spike time             0.05 ms     0.0354 ms",
        "v                         0 mV          0 mV",
        "  of its range               0             0",
    ]


def test_a_tolerance_has_the_unit_of_the_trace():
    comparison = dx.compare(result([1], v=TIMES, unit="1"), result([1], v=TIMES, unit="1"))
    with pytest.raises(dx.UnitError, match="v must be a number without unit"):
        comparison.raise_if_outside(v=0.5 * pq.mV)
    assert comparison.raise_if_outside(v=0.5) is comparison


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (result([1]), result([1], [2]), "same trials and neurons"),
        (result([1], v=TIMES), result([1], v=TIMES, unit="1"), "must have the same unit"),
    ],
)
def test_results_of_different_experiments_are_refused(a, b, message):
    with pytest.raises(dx.ModelError, match=message):
        dx.compare(a, b)


def test_a_tolerance_without_a_trace_is_refused():
    with pytest.raises(dx.ModelError, match="none was compared"):
        dx.compare(result([1]), result([1])).raise_if_outside(v=1 * pq.mV)


def test_voltages_are_compared_place_by_place():
    def of_dendrites(*offsets):
        v = jnp.stack([TIMES + offset for offset in offsets])
        return dataclasses.replace(
            result([5], v=TIMES), traces={"v": v[None, None]}, units=(("v", "mV"),)
        )

    comparison = dx.compare(of_dendrites(0, 0, 0), of_dendrites(0, 1, -2))
    np.testing.assert_allclose(comparison.v_max_at, [0, 1, 2], atol=1e-12)
    np.testing.assert_allclose(comparison.v_rms_at, [0, 1, 2], atol=1e-12)
    assert comparison.v_max == pytest.approx(2)
    assert comparison.v_rms == pytest.approx(np.sqrt(5 / 3))
    assert str(comparison).splitlines()[-1].split() == ["worst", "at", "2", "2", "mV", "2", "mV"]


def test_the_report_is_a_dataset_that_can_be_written(tmp_path):
    report = dx.compare(result([1, 5, 9], v=TIMES), result([1.1, 9.2], v=TIMES + 1)).to_xarray()
    assert report.n_missing == 1
    assert report.v_max.attrs["units"] == "mV"
    np.testing.assert_allclose(report.spike_difference, [0.1, 0.2])
    report.to_netcdf(tmp_path / "report.nc")


def test_distances_of_spike_trains_are_those_of_the_literature():
    a, b = result([1, 5, 9], [2]), result([1, 6], [])
    distances = dx.spike_distances(a, b, tau=2 * pq.ms)
    # A shift by half of tau and a spike less; a spike less.
    np.testing.assert_allclose(distances.victor_purpura[:, 0], [1.5, 1.0])
    lags = np.abs(np.subtract.outer([1, 5, 9, 1, 6], [1, 5, 9, 1, 6]))
    signs = np.array([1, 1, 1, -1, -1])
    by_hand = np.sqrt(signs @ np.exp(-lags / 2) @ signs)
    np.testing.assert_allclose(distances.van_rossum[:, 0], [by_hand, 1.0])
    with pytest.raises(dx.ModelError, match="same trials and neurons"):
        dx.spike_distances(a, result([1]))


def test_without_elephant_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "elephant", None)
    monkeypatch.delitem(sys.modules, "elephant.spike_train_dissimilarity", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'dendrax\[elephant\]'"):
        dx.spike_distances(result([1]), result([2]))
