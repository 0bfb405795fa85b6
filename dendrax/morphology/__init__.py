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
from dendrax.morphology._locate import locate as locate
from dendrax.morphology._measure import branch_order as branch_order
from dendrax.morphology._measure import diameter as diameter
from dendrax.morphology._measure import path_distance as path_distance
from dendrax.morphology._morphio import read_morphology as read_morphology
from dendrax.morphology._morphology import Morphology as Morphology
from dendrax.morphology._region import Region as Region
from dendrax.morphology._region import region as region
from dendrax.morphology._select import select as select
from dendrax.morphology._swc import read_swc as read_swc
from dendrax.morphology._write import write_swc as write_swc
