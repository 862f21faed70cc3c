"""Votes are counted by item: how many were missing, which vote it was; older decisions against a panel are told as unstated."""

from django.db import migrations, models

UNSTATED = """UPDATE calls_decision d SET deviation = 'unstated' FROM review_panelitem i
    WHERE i.application_id = d.application_id AND d.outcome = 'refuse' AND i.result = 'recommended' AND d.deviation = ''"""


class Migration(migrations.Migration):
    dependencies = [("review", "0004_words_of_outcomes"), ("calls", "0017_departures_are_said")]
    operations = [
        migrations.AddField(
            model_name="panel",
            name="missing_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="缺票仍结束投票的原因"),
        ),
        migrations.AddField(
            model_name="panelitem", name="missing", field=models.PositiveSmallIntegerField(default=0, verbose_name="缺票")
        ),
        migrations.AddField(
            model_name="panelitem", name="vote", field=models.PositiveSmallIntegerField(default=1, verbose_name="第几次投票")
        ),
        migrations.RunSQL(UNSTATED, migrations.RunSQL.noop),
    ]
