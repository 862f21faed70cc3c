"""What rules answer is kept once, under its digest: a call of 100,000 had three million texts, nearly all of them the same."""

import django.contrib.postgres.fields
from django.db import migrations, models

FORWARD = """
ALTER TABLE calls_ruleresult ADD CONSTRAINT rule_result_digest CHECK (
    digest = encode(substr(sha256(convert_to(text, 'UTF8')), 1, 16), 'hex')::uuid);
CREATE TRIGGER rule_result_stays BEFORE UPDATE OR DELETE ON calls_ruleresult FOR EACH ROW EXECUTE FUNCTION core_append_only();
INSERT INTO calls_ruleresult (digest, text) SELECT DISTINCT encode(substr(sha256(convert_to(x::text, 'UTF8')), 1, 16), 'hex')::uuid, x::text
    FROM calls_formalcheck c, jsonb_array_elements(c.results) x;
UPDATE calls_formalcheck SET result_digests = ARRAY(
    SELECT encode(substr(sha256(convert_to(x::text, 'UTF8')), 1, 16), 'hex')::uuid
    FROM jsonb_array_elements(results) WITH ORDINALITY o(x, place) ORDER BY place);
"""
BACKWARD = """
UPDATE calls_formalcheck SET results = coalesce((SELECT jsonb_agg(r.text::jsonb ORDER BY o.place)
    FROM unnest(result_digests) WITH ORDINALITY o(digest, place) JOIN calls_ruleresult r USING (digest)), '[]');
DROP TRIGGER rule_result_stays ON calls_ruleresult;
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0011_without_commitments"), ("core", "0002_guards")]
    operations = [
        migrations.CreateModel(
            name="RuleResult",
            fields=[("digest", models.UUIDField(primary_key=True, serialize=False)), ("text", models.TextField())],
        ),
        migrations.AddField(
            model_name="formalcheck",
            name="result_digests",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
        ),
        migrations.AlterField(model_name="formalcheck", name="results", field=models.JSONField(default=list)),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveField(model_name="formalcheck", name="results"),
    ]
