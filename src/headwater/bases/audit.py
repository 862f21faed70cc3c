"""How bases are called in the log, and what the events of what stands beside them say in words."""

from django.utils.translation import gettext_lazy as _

from headwater.bases import models
from headwater.core.sentences import acts, called
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of

called(
    models.Base,
    str,
    related=("version",),
    looks=("number", "name_zh"),
    page=lambda b: page_of(register_of(b), b),
    action="registers.view",
)
called(models.BaseHolder, str, related=("organisation", "person"))
called(models.BasePerson, str, related=("person",))
called(models.PersonMonths, str, related=("row__person",))
for each in (
    models.BaseRule,
    models.OpenCall,
    models.OpenProject,
    models.OpenDay,
    models.SafetyRecord,
    models.GapValue,
    models.SupportRow,
):
    called(each, str)

acts(
    {
        "bases.put_row": _("登记了基地的一项内容"),
        "bases.import_rows": _("从表格导入了基地的内容"),
        "bases.strike_row": _("删除了基地的一项内容"),
        "bases.set_months": _("登记了在岗月数"),
        "bases.take_known": _("从系统记录取得了培育指标"),
    }
)
