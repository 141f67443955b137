"""All operators, in the order in which reports name them."""

from __future__ import annotations

from proctor.mutation.operators.arithmetic import Arithmetic
from proctor.mutation.operators.augmented import Augmented
from proctor.mutation.operators.calling import Calling
from proctor.mutation.operators.comparison import Comparison
from proctor.mutation.operators.condition import Condition
from proctor.mutation.operators.confusion import Confusion
from proctor.mutation.operators.connective import Connective
from proctor.mutation.operators.constant import Constant
from proctor.mutation.operators.default import Default
from proctor.mutation.operators.deletion import Deletion
from proctor.mutation.operators.handling import Handling
from proctor.mutation.operators.leaping import Leaping
from proctor.mutation.operators.operator import Operator
from proctor.mutation.operators.returning import Returning
from proctor.mutation.operators.slicing import Slicing

OPERATORS: tuple[Operator, ...] = (
    Comparison(),
    Condition(),
    Connective(),
    Constant(),
    Returning(),
    Deletion(),
    Arithmetic(),
    Augmented(),
    Handling(),
    Calling(),
    Confusion(),
    Slicing(),
    Leaping(),
    Default(),
)
