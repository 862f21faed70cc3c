"""Which tables of the registry are compared with what commands wrote, and why the others are not."""

from django.utils.translation import gettext_lazy as _

from headwater.core.coverage import covered, left_out
from headwater.registry import models

covered(models.Organisation, without=["name_sounds"])
covered(models.Person, without=["name_sounds"])
for each in (
    models.Agency,
    models.HostHistory,
    models.Employment,
    models.TitleHeld,
    models.EarlierProject,
    models.Relation,
    models.Sanction,
):
    covered(each)

left_out(
    _("地区配置包的内容，可随时由原文件重新载入"),
    models.Region,
    models.Outlines,
    models.Place,
    models.PlaceGroup,
    models.Discipline,
    models.PriorityField,
    models.ReviewGroup,
)
left_out(_("用于查找和排序；由此得出的回避关系另行核对"), models.PersonName, models.Degree, models.Publication, models.Authorship)
