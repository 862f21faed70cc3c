"""An application may name a second discipline; its content holds it. What was written without one has the same digest as before."""

import django.db.models.deletion
from django.db import migrations, models

WITH_SECOND = """
CREATE OR REPLACE FUNCTION calls_content(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(a.answers || jsonb_build_object(
        'title_zh', a.title_zh, 'title_en', a.title_en, 'abstract_zh', a.abstract_zh, 'abstract_en', a.abstract_en,
        'keywords_zh', a.keywords_zh, 'keywords_en', a.keywords_en, 'research_class', a.research_class,
        'priority_field', a.priority_field, 'topic', a.topic, 'amount_fen', a.amount_fen, 'months', a.months,
        'starts_on', a.starts_on, 'flags', a.flags, 'unsuitable', a.unsuitable,
        'discipline', (SELECT code FROM registry_discipline d WHERE d.id = a.discipline_id),
        'second_discipline', (SELECT code FROM registry_discipline d WHERE d.id = a.second_discipline_id)))
    FROM calls_application a WHERE a.id = wanted
$$;
"""
WITHOUT = """
CREATE OR REPLACE FUNCTION calls_content(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(a.answers || jsonb_build_object(
        'title_zh', a.title_zh, 'title_en', a.title_en, 'abstract_zh', a.abstract_zh, 'abstract_en', a.abstract_en,
        'keywords_zh', a.keywords_zh, 'keywords_en', a.keywords_en, 'research_class', a.research_class,
        'priority_field', a.priority_field, 'topic', a.topic, 'amount_fen', a.amount_fen, 'months', a.months,
        'starts_on', a.starts_on, 'flags', a.flags, 'unsuitable', a.unsuitable,
        'discipline', (SELECT code FROM registry_discipline d WHERE d.id = a.discipline_id)))
    FROM calls_application a WHERE a.id = wanted
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0005_addresses_have_one_form"), ("registry", "0004_addresses_have_one_form")]
    operations = [
        migrations.AddField(
            model_name="application",
            name="second_discipline",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.discipline",
                verbose_name="第二申请代码",
            ),
        ),
        migrations.RunSQL(WITH_SECOND, WITHOUT),
        migrations.AlterField(
            model_name="decision",
            name="deviation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("budget", "年度预算所限"),
                    ("balance", "领域、地区或单位的均衡"),
                    ("priority", "政策规定的优先支持"),
                    ("duplicate", "与在研项目重复"),
                    ("conditions", "实施条件有变"),
                    ("integrity", "科研诚信核查"),
                    ("other", "其他非学术原因"),
                    ("rule", "未达到合格线或抽签未中"),
                    ("unstated", "旧记录，未说明"),
                ],
                max_length=60,
                verbose_name="偏离会议评审结果的理由",
            ),
        ),
    ]
