"""Invariants of the tables that keep answers about subjects."""

from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant

invariant(
    "signed_words_match_digest",
    _("各类事项的签署文本与其校验码一致"),
    """SELECT 'text ' || digest FROM forms_signedtext WHERE digest <> encode(sha256(convert_to(
        title_zh || chr(31) || title_en || chr(31) || text_zh || chr(31) || text_en, 'UTF8')), 'hex')""",
)
