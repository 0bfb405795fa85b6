"""What the report of the paper's results says of given runs, and that a row can be trained."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from validation.paper import learners, measure, model, report, train
from validation.paper.rows import LOSSES, ROWS
from validation.paper.settings import SETTINGS
from validation.paper.tasks import TASKS

ROOT = Path(__file__).parents[2]


def test_every_row_of_table_iv_is_there_with_settings():
    point = {f"{name}-{loss}" for name in ("lif", "qif", "eif", "izhikevich") for loss in LOSSES}
    kinds = ("7", "14", "7-monotone", "14-monotone")
    dendritic = {f"dendritic-{kind}-{loss}" for kind in kinds for loss in LOSSES}
    digits = {"lif-digits-exp-integral", "qif-digits-exp-integral", "relu-digits-cross-entropy"}
    others = digits | {"lif-mnist-exp-integral", "egru-delayed-xor-exp-integral"}
    assert set(ROWS) == point | dendritic | others
    for row in ROWS.values():
        assert row.published is None or row.published.mean <= 100
        assert all(settings(row).epochs > 0 for settings in SETTINGS.values())
    # Table III.
    assert SETTINGS["paper"](ROWS["lif-max"]).learning_rate == 0.005
    assert SETTINGS["paper"](ROWS["qif-max"]).learning_rate == 0.03


@pytest.mark.parametrize(
    ("tests", "failed", "passes"),
    [
        ([99.1, 99.0, 99.2, 99.1, 99.3], 0.0, True),
        ([98.9, 98.9, 98.9, 98.9, 98.9], 0.0, False),  # the mean
        ([99.9, 99.9, 99.9, 99.9, 98.8], 0.0, False),  # the standard deviation
        ([99.5, 99.5], 0.0, False),  # too few seeds
        ([99.1, 99.0, 99.2, 99.1, 99.3], 0.1, False),  # trials without some of their spikes
    ],
)
def test_a_row_passes_with_all_its_seeds_and_spikes_only(tests, failed, passes):
    runs = [{"seed": k, "test": x, "failed": failed, "wall_s": 2.0} for k, x in enumerate(tests)]
    row = ROWS["qif-max"]
    entry = report.summary(row, "ours", runs, row.target)
    assert entry["pass"] is passes
    assert (entry["seeds"], entry["worst"]) == (len(tests), min(tests))
    np.testing.assert_allclose(entry["std"], np.std(tests, ddof=1), atol=0.005)
    assert entry["wall_s"] == 2 * len(tests)


def test_a_report_has_all_rows_and_says_what_was_not_run():
    runs = [{"seed": 0, "test": 99.0, "last": 98.5, "dead": 2.0, "failed": 0.0, "wall_s": 3.0}]
    row = ROWS["qif-max"]
    text = report.markdown([report.summary(row, "ours", runs, row.target)])
    assert all(f"| {name} | ours |" in text for name in ROWS)
    assert text.count("not run") == len(ROWS) - 1
    assert "85.82 ± 18.10 (98.60)" in text


def test_seeds_of_other_settings_are_trained_again(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "JSON", tmp_path / "paper.json")
    monkeypatch.setattr(report, "MARKDOWN", tmp_path / "paper.md")
    row = ROWS["qif-max"]
    for seed in (0, 1):
        run = {"seed": seed, "test": 99.0, "last": 98.5, "dead": 2.0, "failed": 0.0, "wall_s": 3.0}
        report.add(row, "ours", run)
    there = report.entries()
    assert [run["seed"] for run in report.runs_of(row, "ours", there)] == [0, 1]
    assert report.runs_of(row, "paper", there) == []
    other = SETTINGS["ours"](row)._replace(learning_rate=0.5)
    monkeypatch.setitem(SETTINGS, "ours", lambda _: other)
    assert report.runs_of(row, "ours", there) == []
    assert report.add(row, "ours", run)["seeds"] == 1


def test_spikes_are_counted_as_the_footnotes_of_table_iv_say():
    inf = np.inf

    class Result:
        def __init__(self, spikes):
            self.spike_times = np.asarray(spikes)
            self.status = np.zeros(self.spike_times.shape[:2], dtype=int)

    hidden = Result([[[1, 2, 9], [3, inf, inf], [inf] * 3], [[4, 5, inf], [inf] * 3, [inf] * 3]])
    output = Result([[[6.0], [8.0]], [[inf], [7.0]]])
    results = {"hidden": hidden, "output": output}
    first = measure.as_floats(measure.measured(ROWS["qif-ttfs"], results))
    # Until 6 and 7 ms: 2, 1, 0 and 1, 0; 2, 0, 0 and 0, 1.
    assert first == {
        "max_firing": 2.0, "dead": 1.0, "fire_count": 3.5, "failed": 0.0, "ttfs": 6.5
    }  # fmt: skip
    silent = {"hidden": hidden, "output": Result(np.full((2, 2, 1), inf))}
    whole = measure.as_floats(measure.measured(ROWS["qif-max"], silent))
    assert whole == {"max_firing": 2.5, "dead": 1.0, "fire_count": 3.0, "failed": 0.0}


def test_samples_simulated_in_parts_come_back_whole_and_in_order(monkeypatch):
    monkeypatch.setattr(learners, "N_AT_ONCE", 2)
    network = dx.feed_forward([5, 4], dx.LIF(tau_mem=20 * pq.ms), key=jax.random.key(0))
    simulate = partial(dx.Simulator(30 * pq.ms, 5 * pq.ms, max_spikes=8), network)
    values, _ = dx.yin_yang(6, 1)
    inputs = dx.latency(values, t_max=30 * pq.ms)
    whole, parts = simulate(inputs)["output"], learners.in_parts(simulate, inputs)["output"]
    assert whole.spike_times.shape == parts.spike_times.shape == (6, 4, 8)
    np.testing.assert_allclose(parts.spike_times, whole.spike_times, rtol=1e-6)
    np.testing.assert_array_equal(parts.status, whole.status)


def revived_between_two_epochs():
    row = ROWS["lif-integral"]
    return row, SETTINGS["paper"](row)._replace(revive=0.1, once=True, max_spikes=1, epochs=2)


def test_neurons_that_fell_silent_are_revived_and_others_stay_as_they_are():
    row, settings = revived_between_two_epochs()
    of = learners.learner(row, settings)
    inputs = dx.take(TASKS[row.task].sets().train[0], np.arange(learners.N_AWAKE))
    simulate = eqx.filter_jit(model.simulator(row, settings))

    def awake(network):
        return np.isfinite(simulate(network, inputs)["hidden"].spike_times).any(2).mean(0)

    network = eqx.tree_at(
        lambda network: network.connections[0].weight.value,
        of.drawn(0),
        replace_fn=lambda weight: weight.at[:, :3].set(-1.0),
    )
    before, revived = awake(network), of.revived(network)
    assert before[:3].max() == 0
    assert awake(revived).min() >= settings.revive
    same = revived.connections[0].weight.value == network.connections[0].weight.value
    np.testing.assert_array_equal(same.all(0), before >= settings.revive)


def test_weights_that_have_grown_are_not_changed_by_a_revival(monkeypatch):
    row, settings = revived_between_two_epochs()
    descent, *_ = train.functions(row, settings)
    growth = iter([3.0, 0.0])

    def epoch(_, free, state, *_rest):
        by = next(growth)
        return {k: x + by * k.endswith("weight") for k, x in free.items()}, state, 0.0

    monkeypatch.setattr(train, "functions", lambda *_: (descent, epoch, lambda *_: 0.0, None))
    done, untrained = train.trained(row, settings, 0), learners.learner(row, settings).drawn(0)
    for after, before in zip(done.last.connections, untrained.connections, strict=True):
        grown = before.weight.value + 3 * np.maximum(np.abs(before.weight.value), 1)
        np.testing.assert_allclose(after.weight.value, grown, rtol=1e-5, atol=1e-5)


def test_a_few_epochs_learn_well_above_chance():
    command = [sys.executable, "-m", "validation.paper", "--quick"]
    # What is trained is compiled as for a user, not as for tests.
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
