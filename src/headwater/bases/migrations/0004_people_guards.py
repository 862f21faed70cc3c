"""Who is fixed staff where kinds say so is fixed staff of one base at a time: the mark that the exclusion constraint reads comes from the kind."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION bases_person_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT EXISTS (
        SELECT FROM jsonb_array_elements(
            coalesce(v.definition -> 'life' -> 'holds', '[]') || coalesce(v.definition -> 'holds', '[]')) h
        WHERE h ->> 'table' = 'people' AND (h ->> 'once')::boolean)
    INTO NEW.once FROM bases_base b JOIN registers_kindversion v ON v.id = b.version_id WHERE b.id = NEW.entry_id;
    RETURN NEW;
END $$;
CREATE TRIGGER base_person_once BEFORE INSERT OR UPDATE ON bases_baseperson FOR EACH ROW EXECUTE FUNCTION bases_person_once();

CREATE FUNCTION bases_months_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bases_baseperson p WHERE p.id = NEW.row_id AND p.since <= make_date(NEW.year, 12, 31)
            AND (p.until IS NULL OR p.until > make_date(NEW.year, 1, 1))) THEN
        RAISE EXCEPTION 'headwater_months: row % was not at its base in %', NEW.row_id, NEW.year USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER person_months_there BEFORE INSERT OR UPDATE ON bases_personmonths FOR EACH ROW EXECUTE FUNCTION bases_months_there();
"""
BACKWARD = """
DROP TRIGGER person_months_there ON bases_personmonths;
DROP FUNCTION bases_months_there();
DROP TRIGGER base_person_once ON bases_baseperson;
DROP FUNCTION bases_person_once();
"""


class Migration(migrations.Migration):
    dependencies = [("bases", "0003_tables_beside")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
