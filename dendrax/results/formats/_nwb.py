"""NWB, through pynwb."""

from dendrax.results.formats._nwb_reader import load as load
from dendrax.results.formats._nwb_writer import save as save
