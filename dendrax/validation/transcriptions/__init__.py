"""The models as their papers print them, in Brian2's language.

Nothing here is derived from the methods of ``dendrax.neurons`` and ``dendrax.mechanisms``: two
independent transcriptions of a paper that agree are worth more than one that is used twice.
"""

from dendrax.validation.transcriptions._cells import CellEquations as CellEquations
from dendrax.validation.transcriptions._equations import Equations as Equations
from dendrax.validation.transcriptions._equations import variables as variables
from dendrax.validation.transcriptions._models import transcription as transcription
