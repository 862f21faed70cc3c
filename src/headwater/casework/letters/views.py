"""A letter as a file, for those who may read it."""

from django.http import HttpRequest, HttpResponse

from headwater.casework.letters.models import CaseLetter
from headwater.casework.letters.services import letter_pdf
from headwater.casework.letters.texts import LANGUAGES
from headwater.core.permission import SIGNED_IN, access, page
from headwater.core.web import download


@page(SIGNED_IN)
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a letter out as PDF; `?language=en` gives its translation."""
    row = access(request.user, SIGNED_IN, CaseLetter.objects.visible_to(request.user), pk=pk)
    language = request.GET.get("language", "")
    return download(letter_pdf(row, language if language in LANGUAGES else "zh"), f"{row.number}.pdf", "application/pdf")
