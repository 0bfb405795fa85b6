"""Networks: populations of neurons, and the connections between them. No numerics."""

from dendrax.networks._build import dendritic as dendritic
from dendrax.networks._build import feed_forward as feed_forward
from dendrax.networks._build import recurrent as recurrent
from dendrax.networks._connection import Connection as Connection
from dendrax.networks._network import INPUT as INPUT
from dendrax.networks._network import Network as Network
from dendrax.networks._population import Population as Population
