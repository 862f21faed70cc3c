"""An expert's languages, instead of a mark for one of them; and until when somebody takes no reviews."""

from django.db import migrations, models

FORWARD = """UPDATE review_expert SET languages = CASE WHEN reads_mongolian THEN '["zh", "mn"]'::jsonb ELSE '["zh"]'::jsonb END"""
BACKWARD = "UPDATE review_expert SET reads_mongolian = languages ? 'mn'"


class Migration(migrations.Migration):
    dependencies = [("review", "0005_votes_by_item")]

    operations = [
        migrations.AddField("expert", "languages", models.JSONField("评审语言", blank=True, default=list)),
        migrations.AddField("expert", "away_until", models.DateField("暂停至（含）", blank=True, null=True)),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveField("expert", "reads_mongolian"),
    ]
