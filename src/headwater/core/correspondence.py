"""What every mail has: a greeting, the whole address of the page it speaks of, and who writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from headwater.core.register import Register
from headwater.core.site import site_address


@dataclass(frozen=True)
class Office:
    """Who signs mails and papers: texts in the reader's language; what is not known is empty."""

    system: str = ""
    name: str = ""
    contact: Mapping[str, str] = field(default_factory=dict)
    """How to reach the office: label and value, in the order of printing."""


OFFICE: Register[Callable[[], Office]] = Register("office that signs")
"""Filled by the registry from the region package."""


def office() -> Office:
    """Return the office that signs here, in the reader's language."""
    return next((read() for read in OFFICE.values()), Office())


def signature() -> str:
    """Return the last lines of a mail: that nobody reads answers, the office and how to reach it, the system and its address."""
    who = office()
    lines = [who.name, *(_("%(label)s：%(value)s") % {"label": k, "value": v} for k, v in who.contact.items())]
    lines += [who.system or _("源头"), site_address("/")]
    return "\n".join([_("本邮件由系统自动发出，请勿直接回复。"), *filter(None, lines)])


def signatures() -> str:
    """Return the last lines in each language, for people whose language is not known."""
    texts = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            texts.append(signature())
    return "\n\n".join(texts)


def unsigned() -> str:
    """Return no last lines: for what machines read."""
    return ""


@dataclass
class Signer:
    """A signer puts the last lines under mails; it makes them once in each language, for however many."""

    sign: Callable[[], str] = signature
    _made: dict[str, str] = field(default_factory=dict)

    def signed(self, body: str) -> str:
        """Return the text of a mail with its last lines."""
        language = translation.get_language() or settings.LANGUAGE_CODE
        if language not in self._made:
            self._made[language] = self.sign()
        return "\n\n".join(filter(None, [body.strip(), self._made[language]]))

    def letter(self, name: str, head: str, text: str, url: str) -> str:
        """Return the whole text of a mail to somebody: greeting, what happened, where to look, and who writes."""
        where = _("请打开：%s") % site_address(url) if url else ""
        return self.signed("\n\n".join(filter(None, [_("%s：您好！") % name, head, text.strip(), where])))


def sender() -> str:
    """Return the From line: the address that is set, under the name that is set or that of the system."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    with translation.override(settings.LANGUAGE_CODE):
        return formataddr((name or office().system or _("源头"), address))
