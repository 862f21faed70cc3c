"""Events with their seals, files, jobs, mails, parameters and the index of searches."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

from headwater.core.addresses import AddressField
from headwater.core.clock import now
from headwater.core.models.uploads import upload_token
from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("core", "0004_rate"),
        ("core", "0005_uploads"),
        ("core", "0006_outbox_forgets"),
        ("core", "0007_parameter_labels"),
        ("core", "0008_job_attempts"),
        ("core", "0011_evidence"),
    ]
    dependencies = [("core", "0001_accounts")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Event",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("at", models.DateTimeField(db_index=True, verbose_name="时间")),
                    ("recorded_at", models.DateTimeField(db_default=Now())),
                    ("actor_id", models.BigIntegerField(null=True)),
                    ("actor_label", models.CharField(max_length=200, verbose_name="操作人")),
                    ("source", models.CharField(max_length=60, verbose_name="来源")),
                    ("request_id", models.CharField(blank=True, max_length=40)),
                    ("command", models.CharField(db_index=True, max_length=80, verbose_name="命令")),
                    ("subject_type", models.CharField(max_length=60, verbose_name="对象")),
                    ("subject_id", models.BigIntegerField(null=True)),
                    ("before", models.JSONField(null=True)),
                    ("after", models.JSONField(null=True)),
                ],
                options={
                    "verbose_name": "事件",
                    "indexes": [models.Index(fields=["subject_type", "subject_id", "id"], name="event_subject")],
                },
            ),
            migrations.CreateModel(
                name="Seal",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("sealed_at", models.DateTimeField()),
                    ("count", models.IntegerField()),
                    ("previous", models.BinaryField()),
                    ("digest", models.BinaryField()),
                    ("version", models.SmallIntegerField(db_default=1, default=1)),
                    ("first_event", models.BigIntegerField(null=True)),
                    ("last_event", models.BigIntegerField(null=True)),
                    ("signature", models.BinaryField(null=True)),
                ],
                options={"verbose_name": "封签"},
            ),
            migrations.CreateModel(
                name="EventSeal",
                fields=[
                    ("event_id", models.BigIntegerField(primary_key=True, serialize=False)),
                    ("digest", models.BinaryField()),
                    ("seal", models.ForeignKey(on_delete=models.DO_NOTHING, related_name="events", to="core.seal")),
                ],
                options={"verbose_name": "事件封签"},
            ),
            migrations.CreateModel(
                name="RowDigest",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("event_id", models.BigIntegerField(db_index=True)),
                    ("table_name", models.CharField(max_length=63)),
                    ("key", models.BigIntegerField()),
                    ("digest", models.BinaryField(null=True)),
                ],
                options={
                    "verbose_name": "行校验码",
                    "indexes": [models.Index(fields=["table_name", "key", "-id"], name="row_digest_newest")],
                },
            ),
            migrations.CreateModel(
                name="Identity",
                fields=[("id", models.UUIDField(primary_key=True, serialize=False)), ("signature", models.BinaryField())],
                options={"verbose_name": "数据库标识"},
            ),
            migrations.CreateModel(
                name="StoredFile",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("owner_type", models.CharField(max_length=40)),
                    ("owner_id", models.BigIntegerField()),
                    ("kind", models.CharField(max_length=40)),
                    ("name", models.CharField(max_length=200, verbose_name="文件名")),
                    ("content_type", models.CharField(max_length=100)),
                    ("size", models.BigIntegerField(verbose_name="大小")),
                    ("sha256", models.CharField(max_length=64)),
                    ("uploaded_at", models.DateTimeField(default=now)),
                    (
                        "uploaded_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("checked_at", models.DateTimeField(null=True)),
                    ("problem", models.CharField(blank=True, db_default="", max_length=30)),
                    (
                        "state",
                        models.CharField(
                            choices=[("checking", "检查中"), ("fine", "正常"), ("refused", "未通过")],
                            db_default="fine",
                            default="fine",
                            max_length=8,
                            verbose_name="检查",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "文件",
                    "indexes": [
                        models.Index(fields=["owner_type", "owner_id"], name="file_owner"),
                        models.Index(condition=Q(state="checking"), fields=["id"], name="file_checking"),
                        models.Index(fields=["sha256"], name="file_digest"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Upload",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("token", models.CharField(default=upload_token, max_length=32, unique=True)),
                    ("owner_type", models.CharField(max_length=40)),
                    ("owner_id", models.BigIntegerField()),
                    ("kind", models.CharField(max_length=40)),
                    ("name", models.CharField(max_length=200, verbose_name="文件名")),
                    ("size", models.BigIntegerField(verbose_name="大小")),
                    ("sha256", models.CharField(max_length=64)),
                    ("received", models.BigIntegerField(default=0)),
                    ("created_at", models.DateTimeField(default=now)),
                    ("touched_at", models.DateTimeField(default=now)),
                    ("account", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                    (
                        "file",
                        models.OneToOneField(null=True, on_delete=models.CASCADE, related_name="upload", to="core.storedfile"),
                    ),
                ],
                options={
                    "verbose_name": "上传",
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("owner_type", "owner_id", "kind", "sha256", "account"), name="upload_once"
                        ),
                        models.CheckConstraint(condition=Q(received__gte=0, received__lte=F("size")), name="upload_received"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Job",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(max_length=80, verbose_name="任务")),
                    ("arguments", models.JSONField(default=dict)),
                    (
                        "state",
                        models.CharField(
                            choices=[("waiting", "等待"), ("running", "进行中"), ("done", "完成"), ("failed", "失败")],
                            default="waiting",
                            max_length=10,
                            verbose_name="状态",
                        ),
                    ),
                    ("done", models.IntegerField(default=0)),
                    ("total", models.IntegerField(default=0)),
                    ("message", models.CharField(blank=True, max_length=300)),
                    ("result", models.JSONField(null=True)),
                    ("asked_at", models.DateTimeField(default=now)),
                    ("started_at", models.DateTimeField(null=True)),
                    ("ended_at", models.DateTimeField(null=True)),
                    (
                        "asked_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="尝试次数")),
                ],
                options={"verbose_name": "后台任务", "ordering": ["-id"]},
            ),
            migrations.CreateModel(
                name="Export",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(max_length=40, verbose_name="内容")),
                    ("title", models.CharField(max_length=200, verbose_name="名称")),
                    ("items", models.JSONField(default=list)),
                    ("grants", models.JSONField(default=list)),
                    ("path", models.CharField(blank=True, max_length=120)),
                    ("count", models.IntegerField(default=0, verbose_name="件数")),
                    ("size", models.BigIntegerField(default=0, verbose_name="大小")),
                    ("asked_at", models.DateTimeField(default=now, verbose_name="申请时间")),
                    ("made_at", models.DateTimeField(null=True)),
                    ("expires_at", models.DateTimeField(db_index=True, null=True, verbose_name="保留至")),
                    ("account", models.ForeignKey(on_delete=models.CASCADE, related_name="exports", to=settings.AUTH_USER_MODEL)),
                    ("job", models.OneToOneField(null=True, on_delete=models.SET_NULL, related_name="+", to="core.job")),
                ],
                options={"verbose_name": "导出", "ordering": ["-id"]},
            ),
            migrations.CreateModel(
                name="OutboxMail",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("to", AddressField(max_length=254)),
                    ("subject", models.CharField(max_length=200)),
                    ("body", models.TextField()),
                    ("created_at", models.DateTimeField(default=now)),
                    ("sent_at", models.DateTimeField(db_index=True, null=True)),
                    ("attempts", models.IntegerField(default=0)),
                    ("error", models.CharField(blank=True, max_length=300)),
                    ("forget", models.BooleanField(db_default=False, default=False)),
                ],
                options={
                    "verbose_name": "待发邮件",
                    "ordering": ["-id"],
                    "constraints": [models.CheckConstraint(condition=Q(to__regex="^[!-@\\[-~]*$"), name="outbox_address_normal")],
                },
            ),
            migrations.CreateModel(
                name="Parameter",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("region", models.CharField(max_length=40)),
                    ("key", models.CharField(max_length=80)),
                    ("applies_to", models.CharField(blank=True, help_text="scheme code; empty for all", max_length=60)),
                    ("valid_from", models.DateField()),
                    ("valid_to", models.DateField(blank=True, null=True)),
                    ("value", models.JSONField()),
                    ("source", models.CharField(blank=True, max_length=300)),
                    ("confidence", models.CharField(blank=True, max_length=20)),
                    ("label_en", models.CharField(blank=True, max_length=80)),
                    ("label_zh", models.CharField(blank=True, max_length=60)),
                ],
                options={
                    "verbose_name": "参数",
                    "constraints": [
                        models.UniqueConstraint(fields=("region", "key", "applies_to", "valid_from"), name="parameter_once"),
                        models.CheckConstraint(
                            condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="parameter_period"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SearchEntry",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(max_length=40)),
                    ("object_id", models.BigIntegerField()),
                    ("title", models.CharField(max_length=300)),
                    ("summary", models.CharField(blank=True, max_length=400)),
                    ("url", models.CharField(max_length=300)),
                    ("vector", SearchVectorField()),
                ],
                options={
                    "verbose_name": "检索条目",
                    "indexes": [GinIndex(fields=["vector"], name="search_entry_vector")],
                    "constraints": [models.UniqueConstraint(fields=("kind", "object_id"), name="search_entry_once")],
                },
            ),
        )
    ]
