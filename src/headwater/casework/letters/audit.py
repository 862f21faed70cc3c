from headwater.casework.letters.models import CaseLetter
from headwater.core.sentences import called

called(CaseLetter, lambda letter: letter.number, looks=("number",))
