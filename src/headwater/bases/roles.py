from django.utils.translation import gettext_lazy as _

from headwater.core.roles import TECHNICAL, Role, declare

KIND = "bases.base"
declare(
    Role("director", _("基地主任"), (KIND,), excludes=("programme_officer", *TECHNICAL)),
    Role("secretary", _("基地秘书"), (KIND,), excludes=("programme_officer", *TECHNICAL)),
)
