"""What the events of the registry say in words, and how its records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import named
from headwater.core.sentences import acts, called
from headwater.registry import models

called(models.Person, named, looks=("name_zh", "name_en"), page=lambda p: f"/people/{p.pk}/", action="registry.person.view")
called(models.Organisation, named, looks=("name_zh", "name_en"))
called(models.Agency, named, looks=("name_zh",))
called(models.Region, named)
called(models.Employment, lambda e: f"{named(e.person)} · {named(e.organisation)}", related=("person", "organisation"))
called(models.Relation, lambda r: f"{named(r.first)} · {named(r.second)}", related=("first", "second"))
called(models.Publication, lambda p: p.title)
called(models.Authorship, lambda a: f"{named(a.person)} · {a.publication.title}", related=("person", "publication"))
called(models.Sanction, lambda s: named(s.person), related=("person",))
called(models.HostHistory, lambda h: f"{named(h.organisation)} {h.year}", related=("organisation",))
called(models.EarlierProject, lambda p: p.number, looks=("number",))

acts(
    {
        "registry.import_people": _("导入了人员"),
        "registry.import_organisations": _("导入了单位"),
        "registry.import_posts": _("导入了任职"),
        "registry.import_relations": _("导入了人员关系"),
        "registry.import_sanctions": _("导入了失信惩戒"),
        "registry.import_titles": _("导入了职称"),
        "registry.import_works": _("导入了论著"),
        "registry.record_employment": _("登记了任职"),
        "registry.record_history": _("登记了历年立项数"),
        "registry.record_sanctions": _("登记了失信惩戒"),
        "registry.correct_address": _("更正了人员邮箱"),
        "registry.add_publications": _("登记了论著"),
        "registry.add_relations": _("登记了人员关系"),
        "registry.complete_person": _("补充了人员信息"),
        "registry.merge_records": _("合并了两条人员记录"),
        "registry.undo_merge": _("撤销了人员记录的合并"),
        "registry.remove_authorship": _("移除了论著署名"),
        "registry.remove_relation": _("移除了人员关系"),
        "registry.open_accounts": _("为人员开通了账号"),
    }
)
