"""Signed seals, the digests of rows that commands wrote, and the name of the database; none of these rows is ever changed."""

from django.db import migrations, models

FORWARD = """
CREATE TRIGGER eventseal_no_truncate BEFORE TRUNCATE ON core_eventseal FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON core_seal FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON core_seal FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER rowdigest_append_only BEFORE UPDATE OR DELETE ON core_rowdigest FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER rowdigest_no_truncate BEFORE TRUNCATE ON core_rowdigest FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER identity_append_only BEFORE UPDATE OR DELETE ON core_identity FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER identity_no_truncate BEFORE TRUNCATE ON core_identity FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
"""
BACKWARD = """
DROP TRIGGER identity_no_truncate ON core_identity;
DROP TRIGGER identity_append_only ON core_identity;
DROP TRIGGER rowdigest_no_truncate ON core_rowdigest;
DROP TRIGGER rowdigest_append_only ON core_rowdigest;
DROP TRIGGER seal_no_truncate ON core_seal;
DROP TRIGGER seal_append_only ON core_seal;
DROP TRIGGER eventseal_no_truncate ON core_eventseal;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0010_addresses_have_one_form")]

    operations = [
        migrations.CreateModel(
            name="Identity",
            fields=[("id", models.UUIDField(primary_key=True, serialize=False)), ("signature", models.BinaryField())],
            options={"verbose_name": "数据库标识"},
        ),
        migrations.AddField("seal", "version", models.SmallIntegerField(db_default=1, default=1)),
        migrations.AddField("seal", "first_event", models.BigIntegerField(null=True)),
        migrations.AddField("seal", "last_event", models.BigIntegerField(null=True)),
        migrations.AddField("seal", "signature", models.BinaryField(null=True)),
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
                "verbose_name": "行摘要",
                "indexes": [models.Index(fields=["table_name", "key", "-id"], name="row_digest_newest")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
