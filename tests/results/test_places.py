"""What is recorded in a cell says where in the cell it was."""

from pathlib import Path

import jax.numpy as jnp
import neo
import numpy as np
import pytest
import quantities as pq
import xarray as xr

import dendrax as dx

COMPARTMENTS = dx.discretize(
    dx.ball_and_stick(20 * pq.um, 400 * pq.um, 2 * pq.um), max_length=100 * pq.um
)
CELL = dx.Cell(
    COMPARTMENTS,
    [dx.Passive(), dx.HodgkinHuxley()],
    celsius=6.3,
    spike_at="dend[0](0.3)",
    probes={"v_tip": "dend[0](0.9)", "m_soma": dx.Probe("m", "soma", of="HodgkinHuxley")},
)
# By hand: a soma of 20 um, and four pieces of 100 um that begin at its surface.
DISTANCE = [0.0, 60.0, 160.0, 260.0, 360.0]
PLACES = ["soma[0](0.5)", *(f"dend[0]({x})" for x in (0.125, 0.375, 0.625, 0.875))]
REGIONS = ["soma", *["basal"] * 4]
AT = {"v": [2], "v_cell": [0, 1, 2, 3, 4], "v_tip": [4], "m_soma": [0]}


@pytest.fixture(scope="module")
def result():
    """Two neurons of the cell, in one trial."""
    places = {name: (len(at),) if name == "v_cell" else () for name, at in AT.items()}
    rng = np.random.default_rng(3)
    each = (1, 2)
    return dx.SimulationResult(
        spike_times=jnp.full((*each, 1), jnp.inf),
        spike_slope=jnp.full((*each, 1), jnp.inf),
        times=jnp.arange(11) * 0.1,
        traces={
            name: jnp.asarray(rng.normal(size=(*each, *of, 11))) for name, of in places.items()
        },
        status=jnp.zeros(each, int),
        n_steps=jnp.zeros(each, int),
        t_reached=jnp.full(each, 1.0),
        t_stop=1.0,
        units=tuple((name, CELL.units[name]) for name in AT),
    )


@pytest.mark.parametrize("suffix", ["", ".nix", ".pkl"])
def test_channels_are_annotated_with_their_places(result, suffix, tmp_path, difference):
    block, path = dx.to_neo(result, model=CELL), tmp_path / f"cell{suffix}"
    if suffix == ".nix":
        with neo.NixIO(str(path), "ow") as file:
            file.write_block(block)
        with neo.NixIO(str(path), "ro") as file:
            block = file.read_block()
    elif suffix == ".pkl":
        neo.PickleIO(str(path)).write_block(block)
        block = neo.PickleIO(str(path)).read_block()
    signals = {signal.name: signal.array_annotations for signal in block.segments[0].analogsignals}
    assert {*signals} == {*AT}
    for name, at in AT.items():
        about = signals[name]
        channels = at * 2  # of each neuron
        assert about["neuron"].tolist() == np.repeat([0, 1], len(at)).tolist()
        assert about["compartment"].tolist() == channels
        assert about["place"].tolist() == [PLACES[k] for k in channels]
        assert about["region"].tolist() == [REGIONS[k] for k in channels]
        distance = about["path_distance"].rescale("um").magnitude
        np.testing.assert_allclose(distance, [DISTANCE[k] for k in channels], rtol=1e-12)
    if suffix:
        assert difference(result, dx.read(path), times=1e-9) == ""


def test_a_dataset_has_the_places_as_coordinates(result, tmp_path, difference):
    path = tmp_path / "cell.nc"
    dx.to_xarray(result, model=CELL).to_netcdf(path)
    with xr.open_dataset(path) as dataset:
        assert dataset.v_cell.region.values.tolist() == REGIONS
        assert dataset.v_cell.place.values.tolist() == PLACES
        np.testing.assert_allclose(dataset.path_distance, DISTANCE, rtol=1e-12)
        assert dataset.path_distance.attrs["units"] == "um"
        distal = dataset.v_cell.sel(compartment=dataset.path_distance > 200)
        np.testing.assert_array_equal(distal, result.traces["v_cell"][:, :, 3:])
        single = {name: dataset[name].attrs["compartment"] for name in AT if name != "v_cell"}
        assert single == {name: at[0] for name, at in AT.items() if name != "v_cell"}
    assert difference(result, dx.read(path)) == ""


def test_of_several_results_each_has_its_cell(result):
    tree = dx.to_xarray({"a": result, "b": result}, model={"b": CELL})
    assert "region" not in tree["a"].coords
    assert tree["b"].region.values.tolist() == REGIONS
    with pytest.raises(dx.RecordingError, match="must be a dict of cells"):
        dx.to_xarray({"a": result}, model=CELL)


@pytest.mark.parametrize("convert", [dx.to_neo, dx.to_xarray])
def test_another_model_is_refused(result, convert):
    finer = dx.discretize(dx.cylinder(100 * pq.um, 2 * pq.um), n_per_section=3)
    with pytest.raises(dx.RecordingError, match=r"no trace 'v_cell', .* 3 compartments"):
        convert(result, model=dx.Cell(finer, [dx.Passive()], spike_at="all", electrode="all"))
    with pytest.raises(dx.RecordingError, match="must be a Cell; got LIF"):
        convert(result, model=dx.LIF())


def test_a_place_names_its_compartment():
    path = Path(dx.__file__).parents[1] / "morphologies" / "l5_pyramidal.swc"
    compartments = dx.discretize(dx.read_swc(path), n_per_section=3)
    found = [dx.locate(compartments, place) for place in compartments.place]
    assert found == [*range(len(compartments))]
    for name in np.unique(compartments.region):
        here = dx.select(compartments, name)
        np.testing.assert_array_equal(compartments.region == name, here)
