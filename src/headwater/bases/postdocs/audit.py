from headwater.bases.postdocs.models import Postdoc
from headwater.core.sentences import called

called(Postdoc, str)
