"""Parameters: values with a unit and bounds, learnable or fixed by the user's choice.

A model declares its parameters with :func:`parameter`; its user hands it quantities, or
``learnable(quantity, bounds)``; equations see plain arrays after :func:`resolve`.
"""

from dendrax.parameters._parameter import Choice as Choice
from dendrax.parameters._parameter import Parameter as Parameter
from dendrax.parameters._parameter import fixed as fixed
from dendrax.parameters._parameter import learnable as learnable
from dendrax.parameters._parameterized import NOT_NEGATIVE as NOT_NEGATIVE
from dendrax.parameters._parameterized import POSITIVE as POSITIVE
from dendrax.parameters._parameterized import Parameterized as Parameterized
from dendrax.parameters._parameterized import ParameterOrArray as ParameterOrArray
from dendrax.parameters._parameterized import as_parameter as as_parameter
from dendrax.parameters._parameterized import by_instance as by_instance
from dendrax.parameters._parameterized import parameter as parameter
from dendrax.parameters._scale import at_share as at_share
from dendrax.parameters._scale import share_of as share_of
from dendrax.parameters._table import table as table
from dendrax.parameters._tree import is_parameter as is_parameter
from dendrax.parameters._tree import parameters as parameters
from dendrax.parameters._tree import resolve as resolve
from dendrax.parameters._tree import with_parameters as with_parameters
from dendrax.parameters._tree import with_values as with_values
