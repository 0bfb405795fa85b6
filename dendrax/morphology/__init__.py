"""The shape of a neuron: read or built, divided into compartments, named in parts.

A file becomes a :class:`Morphology` of sections, :func:`discretize` makes :class:`Compartments`
of it, and regions say which of them are meant.
"""

from dendrax.morphology._builders import ball_and_stick as ball_and_stick
from dendrax.morphology._builders import cylinder as cylinder
from dendrax.morphology._builders import rall_tree as rall_tree
from dendrax.morphology._builders import single_compartment as single_compartment
from dendrax.morphology._builders import star as star
from dendrax.morphology._compartments import Compartments as Compartments
from dendrax.morphology._discretize import discretize as discretize
from dendrax.morphology._morphology import Morphology as Morphology
from dendrax.morphology._swc import read_swc as read_swc
