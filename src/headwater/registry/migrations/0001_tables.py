"""Regions, institutions, people and what ties them."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from headwater.core.addresses import AddressField
from headwater.core.clock import now
from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [("registry", "0001_initial"), ("registry", "0002_standing")]
    dependencies = [("core", "0005_addresses_have_one_form")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="PriorityField",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                    ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    ("articles", models.JSONField(default=list)),
                ],
                options={"verbose_name": "优先领域"},
            ),
            migrations.CreateModel(
                name="Region",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                    ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    ("version", models.IntegerField(default=1)),
                    ("digest", models.CharField(max_length=64)),
                    ("map", models.CharField(blank=True, max_length=60)),
                    ("department_zh", models.CharField(max_length=80)),
                    ("fund_zh", models.CharField(max_length=80)),
                    ("fund_en", models.CharField(max_length=120)),
                    ("letter_mark", models.CharField(max_length=20)),
                    ("loaded_at", models.DateTimeField()),
                ],
                options={"abstract": False},
            ),
            migrations.CreateModel(
                name="ReviewGroup",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                    ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    ("prefixes", models.JSONField(default=list)),
                    ("order", models.IntegerField(default=0)),
                ],
                options={"verbose_name": "评审领域", "ordering": ["order"]},
            ),
            migrations.CreateModel(
                name="Discipline",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                    ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    ("scheme", models.CharField(default="nsfc-2020", max_length=20)),
                    ("level", models.IntegerField()),
                    (
                        "parent",
                        models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="children", to="registry.discipline"),
                    ),
                ],
                options={"verbose_name": "学科代码", "ordering": ["code"]},
            ),
            migrations.CreateModel(
                name="Place",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                    ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    ("name_mn", models.CharField(blank=True, max_length=120)),
                    ("level", models.CharField(max_length=12)),
                    (
                        "parent",
                        models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="children", to="registry.place"),
                    ),
                ],
                options={"verbose_name": "行政区划", "ordering": ["code"]},
            ),
            migrations.CreateModel(
                name="Agency",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                    ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("government", "政府"),
                                ("department", "厅局"),
                                ("committee", "委员会"),
                                ("league", "盟市科技局"),
                                ("group", "一组机构"),
                            ],
                            max_length=20,
                        ),
                    ),
                    ("full_name_zh", models.CharField(blank=True, max_length=200)),
                    ("recommends", models.BooleanField(default=False)),
                    ("place", models.ForeignKey(null=True, on_delete=models.PROTECT, to="registry.place")),
                ],
                options={"verbose_name": "部门", "verbose_name_plural": "部门"},
            ),
            migrations.CreateModel(
                name="Organisation",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                    ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("university", "本科院校"),
                                ("college", "高职高专"),
                                ("institute", "科研院所"),
                                ("hospital", "医疗机构"),
                                ("enterprise", "企业"),
                                ("government", "机关"),
                            ],
                            max_length=20,
                            verbose_name="类型",
                        ),
                    ),
                    ("uscc", models.CharField(blank=True, max_length=18, verbose_name="统一社会信用代码")),
                    ("ror", models.CharField(blank=True, max_length=9)),
                    ("moe_code", models.CharField(blank=True, max_length=12)),
                    ("direct", models.BooleanField(default=False, verbose_name="直接报送")),
                    ("is_host", models.BooleanField(default=False, verbose_name="注册依托单位")),
                    ("registered_on", models.DateField(blank=True, null=True)),
                    (
                        "parent",
                        models.ForeignKey(
                            null=True, on_delete=models.PROTECT, related_name="members", to="registry.organisation"
                        ),
                    ),
                    (
                        "recommender",
                        models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="registry.agency"),
                    ),
                    ("place", models.ForeignKey(null=True, on_delete=models.PROTECT, to="registry.place")),
                ],
                options={
                    "verbose_name": "单位",
                    "ordering": ["code"],
                    "constraints": [
                        models.UniqueConstraint(condition=~Q(uscc=""), fields=("uscc",), name="organisation_uscc_once"),
                        models.CheckConstraint(
                            condition=Q(uscc="") | Q(uscc__regex="^[0-9A-HJ-NPQRTUWXY]{18}$"), name="organisation_uscc_form"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Person",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name_zh", models.CharField(max_length=120, verbose_name="姓名")),
                    ("name_en", models.CharField(blank=True, max_length=160, verbose_name="英文姓名")),
                    ("sex", models.CharField(blank=True, choices=[("m", "男"), ("f", "女")], max_length=1, verbose_name="性别")),
                    ("birth_date", models.DateField(blank=True, null=True, verbose_name="出生日期")),
                    ("id_hash", models.CharField(blank=True, max_length=64)),
                    ("id_tail", models.CharField(blank=True, max_length=4)),
                    ("orcid", models.CharField(blank=True, max_length=19, verbose_name="ORCID")),
                    ("email", AddressField(blank=True, max_length=254, verbose_name="电子邮箱")),
                    ("phone", models.CharField(blank=True, max_length=30, verbose_name="电话")),
                    ("department", models.CharField(blank=True, max_length=120, verbose_name="院系")),
                    ("title", models.CharField(blank=True, max_length=40, verbose_name="职称")),
                    ("is_senior", models.BooleanField(default=False, verbose_name="高级职称")),
                    ("highest_degree", models.CharField(blank=True, max_length=20, verbose_name="最高学位")),
                    ("is_student", models.BooleanField(default=False, verbose_name="在读")),
                    ("is_fund_staff", models.BooleanField(default=False, verbose_name="基金管理人员")),
                    ("honours", models.JSONField(default=list)),
                    ("created_at", models.DateTimeField(default=now)),
                    (
                        "account",
                        models.OneToOneField(
                            null=True, on_delete=models.SET_NULL, related_name="person", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                    (
                        "organisation",
                        models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="people", to="registry.organisation"),
                    ),
                    (
                        "merged_into",
                        models.ForeignKey(
                            null=True, on_delete=models.PROTECT, related_name="merged", to="registry.person", verbose_name="并入"
                        ),
                    ),
                    ("merge_reason", models.CharField(blank=True, max_length=300, verbose_name="合并的依据")),
                ],
                options={
                    "verbose_name": "人员",
                    "constraints": [
                        models.UniqueConstraint(condition=~Q(id_hash=""), fields=("id_hash",), name="person_document_once"),
                        models.UniqueConstraint(condition=~Q(orcid=""), fields=("orcid",), name="person_orcid_once"),
                        models.CheckConstraint(
                            condition=Q(merge_reason="", merged_into__isnull=True)
                            | Q(merged_into__isnull=False) & ~Q(merge_reason=""),
                            name="person_merge_reason",
                        ),
                        models.CheckConstraint(
                            condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("pk")), name="person_not_merged_into_itself"
                        ),
                        models.CheckConstraint(condition=Q(email__regex="^[!-@\\[-~]*$"), name="person_address_normal"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Employment",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[("full", "全职"), ("dual", "双聘"), ("flexible", "柔性"), ("postdoc", "博士后")],
                            default="full",
                            max_length=10,
                        ),
                    ),
                    ("post", models.CharField(blank=True, max_length=60)),
                    ("since", models.DateField()),
                    ("until", models.DateField(blank=True, null=True)),
                    ("organisation", models.ForeignKey(on_delete=models.PROTECT, to="registry.organisation")),
                    ("person", models.ForeignKey(on_delete=models.CASCADE, related_name="employments", to="registry.person")),
                ],
                options={
                    "verbose_name": "任职",
                    "indexes": [models.Index(fields=["organisation", "person"], name="employment_organisation")],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="employment_period"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Degree",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("level", models.CharField(max_length=20)),
                    ("organisation_name", models.CharField(blank=True, max_length=200)),
                    ("year", models.IntegerField(null=True)),
                    ("person", models.ForeignKey(on_delete=models.CASCADE, related_name="degrees", to="registry.person")),
                ],
            ),
            migrations.CreateModel(
                name="PersonName",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(max_length=20)),
                    ("script", models.CharField(max_length=20)),
                    ("text", models.CharField(max_length=160)),
                    ("person", models.ForeignKey(on_delete=models.CASCADE, related_name="names", to="registry.person")),
                ],
            ),
            migrations.CreateModel(
                name="Publication",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("title", models.CharField(max_length=400)),
                    ("abstract", models.TextField(blank=True)),
                    ("keywords", models.CharField(blank=True, max_length=300)),
                    ("venue", models.CharField(blank=True, max_length=200)),
                    ("year", models.IntegerField(null=True)),
                    (
                        "authors",
                        models.ManyToManyField(related_name="publications", through="registry.Authorship", to="registry.person"),
                    ),
                    ("doi", models.CharField(blank=True, max_length=200, verbose_name="DOI")),
                    ("source", models.CharField(blank=True, max_length=120, verbose_name="来源")),
                ],
                options={"verbose_name": "论著"},
            ),
            migrations.CreateModel(
                name="Authorship",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("position", models.IntegerField(default=1)),
                    ("person", models.ForeignKey(on_delete=models.CASCADE, to="registry.person")),
                    ("publication", models.ForeignKey(on_delete=models.CASCADE, to="registry.publication")),
                ],
                options={"constraints": [models.UniqueConstraint(fields=("publication", "person"), name="authorship_once")]},
            ),
            migrations.CreateModel(
                name="Relation",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("supervisor", "师生"),
                                ("kin", "近亲属"),
                                ("coproject", "项目合作"),
                                ("declared", "本人申报"),
                            ],
                            max_length=12,
                        ),
                    ),
                    ("since", models.DateField(null=True)),
                    ("until", models.DateField(null=True)),
                    ("note", models.CharField(blank=True, max_length=200)),
                    ("first", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="registry.person")),
                    ("second", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="registry.person")),
                    ("source", models.CharField(blank=True, max_length=120, verbose_name="来源")),
                ],
                options={
                    "verbose_name": "人员关系",
                    "indexes": [models.Index(fields=["second"], name="relation_second")],
                    "constraints": [
                        models.UniqueConstraint(fields=("first", "second", "kind"), name="relation_once"),
                        models.CheckConstraint(condition=Q(first__lt=F("second")), name="relation_order"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Sanction",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("scope", models.CharField(default="all", max_length=20)),
                    ("since", models.DateField()),
                    ("until", models.DateField(null=True)),
                    ("legal_basis", models.CharField(blank=True, max_length=200)),
                    ("person", models.ForeignKey(on_delete=models.CASCADE, related_name="sanctions", to="registry.person")),
                    ("document", models.CharField(blank=True, max_length=100, verbose_name="处理决定文号")),
                ],
                options={
                    "verbose_name": "失信惩戒",
                    "constraints": [
                        models.UniqueConstraint(
                            condition=~Q(document=""), fields=("person", "document", "scope"), name="sanction_once"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="TitleHeld",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("title", models.CharField(max_length=60)),
                    ("senior", models.BooleanField(default=False)),
                    ("since", models.DateField(null=True)),
                    ("person", models.ForeignKey(on_delete=models.CASCADE, related_name="titles", to="registry.person")),
                ],
                options={"constraints": [models.UniqueConstraint(fields=("person", "title"), name="title_once")]},
            ),
            migrations.CreateModel(
                name="HostHistory",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("year", models.IntegerField()),
                    ("approved", models.IntegerField()),
                    (
                        "organisation",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="history", to="registry.organisation"),
                    ),
                ],
                options={
                    "verbose_name": "历年立项数",
                    "constraints": [
                        models.UniqueConstraint(fields=("organisation", "year"), name="host_history_once"),
                        models.CheckConstraint(condition=Q(approved__gte=0), name="host_history_not_negative"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="EarlierProject",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("number", models.CharField(max_length=40, verbose_name="编号")),
                    ("scheme", models.CharField(max_length=60, verbose_name="项目类型")),
                    (
                        "role",
                        models.CharField(
                            choices=[("leader", "负责人"), ("member", "参与者")], max_length=10, verbose_name="角色"
                        ),
                    ),
                    ("approved_on", models.DateField(verbose_name="立项日期")),
                    ("ends_on", models.DateField(verbose_name="结束日期")),
                    ("months", models.IntegerField(verbose_name="执行期限（月）")),
                    ("closed", models.BooleanField(null=True, verbose_name="已结题")),
                    (
                        "person",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="earlier_projects", to="registry.person"),
                    ),
                ],
                options={
                    "verbose_name": "以往项目",
                    "ordering": ["number"],
                    "constraints": [
                        models.UniqueConstraint(fields=("person", "number"), name="earlier_project_once"),
                        models.CheckConstraint(condition=Q(months__gt=0), name="earlier_project_months"),
                        models.CheckConstraint(condition=Q(ends_on__gt=F("approved_on")), name="earlier_project_term"),
                    ],
                },
            ),
        )
    ]
