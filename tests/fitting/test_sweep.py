import os
import signal
import warnings

import distributed
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from tests.fitting import small_fit

# Dask leaves a socket to the garbage collector when it looks for its own address.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def client():
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0"
    ) as client:
        yield client


def times(x, sign):
    return {"y": sign * float(x), "row": np.arange(3) * float(x)}


def test_what_comes_out_lies_where_it_was_asked_for(client):
    table = dx.sweep(times, {"x": [3.0, 1.0, 2.0], "sign": [1, -1]}, client=client)
    assert table.y.dims == ("x", "sign")
    assert table.y.values.tolist() == [[3, -3], [1, -1], [2, -2]]
    assert table.row.sel(x=2.0, sign=-1).values.tolist() == [0, 2, 4]
    assert not table.error.any()


def test_quantities_are_coordinates_with_units(client):
    table = dx.sweep(times, {"x": [3, 1] * pq.ms, "sign": [1]}, client=client)
    assert table.x.attrs["units"] == "ms"
    assert table.y.sel(x=1).item() == 1


def test_a_task_that_fails_leaves_the_others(client):
    def root(x):
        if x < 0:
            raise ValueError(f"{x} has no root")
        return {"y": x**0.5}

    with pytest.warns(RuntimeWarning, match="1 of 3 tasks failed; the first, at x=-1: ValueError"):
        table = dx.sweep(root, {"x": [4, -1, 9]}, client=client, retries=0)
    assert table.y.values[[0, 2]].tolist() == [2, 3]
    assert np.isnan(table.y.values[1])
    assert table.error.values.tolist() == ["", "ValueError: -1 has no root", ""]
    with pytest.raises(dx.FitError, match="every task failed; the first, at x=-2"):
        dx.sweep(root, {"x": [-2, -1]}, client=client, retries=0)


def test_a_task_is_tried_again(client, tmp_path):
    file = tmp_path / "tried"

    def second_time(x):
        if not file.exists():
            file.touch()
            raise OSError("the first time")
        return {"y": x}

    assert dx.sweep(second_time, {"x": [5]}, client=client, retries=1).y.item() == 5


def test_what_is_done_is_not_done_again(client, tmp_path):
    folder, log, ready = (tmp_path / name for name in ("kept", "log", "ready"))

    def task(x):
        if x == 2 and not ready.exists():
            raise OSError("not yet")
        with log.open("a") as file:
            file.write(str(x))
        return {"y": 10 * x}

    with pytest.warns(RuntimeWarning, match="not yet"):
        dx.sweep(task, {"x": [1, 2, 3]}, client=client, folder=folder, retries=0)
    ready.touch()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        table = dx.sweep(task, {"x": [1, 2, 3]}, client=client, folder=folder, retries=0)
    assert table.y.values.tolist() == [10, 20, 30]
    assert sorted(log.read_text()) == ["1", "2", "3"]
    with pytest.raises(dx.FitError, match="another sweep"):
        dx.sweep(task, {"x": [7, 2, 3]}, client=client, folder=folder)


@pytest.mark.parametrize("over", [{}, {"x": []}])
def test_a_sweep_over_nothing_is_refused(over, client):
    with pytest.raises(dx.FitError, match="at least one name"):
        dx.sweep(times, over, client=client)


def test_what_is_no_outcome_is_refused(client):
    with pytest.raises(dx.FitError, match="a task must return a FitResult"):
        dx.sweep(lambda x: x, {"x": [1]}, client=client, retries=0)


@pytest.mark.slow
def test_fits_come_as_their_parameters_and_scores(client, sweeps, tmp_path):
    def fitted(v_th, checkpoint):
        return dx.fit(
            small_fit.cell(small_fit.START | {"v_th": v_th}),
            sweeps,
            small_fit.SIMULATOR,
            loss=small_fit.LOSS,
            optimizer=small_fit.OPTIMIZER,
            steps=small_fit.STEPS,
            checkpoint=checkpoint,
        )

    table = dx.sweep(fitted, {"v_th": [-49, -55] * pq.mV}, client=client, folder=tmp_path)
    # Two starts of a fit that recovers the truth, as its own test asserts more closely.
    truth = float(small_fit.TRUTH["c_m"])
    assert np.allclose(table.c_m, truth, rtol=0.05)
    assert table.c_m.attrs["units"] == "pF"
    assert np.allclose(table.v_th_found, float(small_fit.TRUTH["v_th"]), atol=0.5)
    assert (table.best_loss < 1).all()
    assert set(table.part.values) == {"trained", "held_out"}
    assert len(list(tmp_path.glob("*.eqx"))) == 2


def once_killed(x, file):
    if x == 2 and not os.path.exists(file):
        with open(file, "w"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    return {"y": x, "wide": dx.LIF().c_m.value.dtype.itemsize}


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(tmp_path):
    table = dx.sweep(once_killed, {"x": [1, 2, 3], "file": [str(tmp_path / "killed")]})
    assert table.y.values.ravel().tolist() == [1, 2, 3]
    assert (tmp_path / "killed").exists()
    assert (table.wide == dx.LIF().c_m.value.dtype.itemsize).all()
