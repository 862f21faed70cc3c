"""Expressions of a scheme: conditions of questions, calculated values, rules across answers.

A small language of its own: it is parsed here, its types are checked when a region package is read, and it is evaluated over
answers with bounds on size, depth and work. Nothing of Python is reachable from it. Division by nothing, an answer that is
missing and the like give "not known" (None), never a guess.
"""

from headwater.forms.expressions.evaluation import Rows, Value, evaluate
from headwater.forms.expressions.kinds import Type, type_of
from headwater.forms.expressions.syntax import ExpressionError, Node, names, parameters, parse

__all__ = ["ExpressionError", "Node", "Rows", "Type", "Value", "evaluate", "names", "parameters", "parse", "type_of"]
