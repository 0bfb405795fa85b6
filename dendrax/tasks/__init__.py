"""Tasks to train networks on: values or spikes, and labels."""

from dendrax.tasks._delayed_xor import delayed_xor as delayed_xor
from dendrax.tasks._digits import digits as digits
from dendrax.tasks._temporal_xor import temporal_xor as temporal_xor
from dendrax.tasks._yin_yang import yin_yang as yin_yang
