from headwater.core.examples import EXAMPLES, Example
from headwater.core.open_data import OPEN_DATA, TYPES

EXAMPLES.add("register", Example(lambda: OPEN_DATA, ("data/<str:name>",)))
EXAMPLES.add("form of a file", Example(lambda: TYPES, ("<str:form>",)))
