"""What the database holds of every table of entries: for the migrations of the apps that have one.

The functions are those of the first migration of registers.
"""

from __future__ import annotations


def triggers_of(table: str) -> tuple[str, str]:
    """Return the statements that make the triggers of a table of entries, and those that take them away."""
    make = f"""
CREATE TRIGGER {table}_fits BEFORE INSERT OR UPDATE OF state, "group", is_public, version_id, kind ON {table}
    FOR EACH ROW EXECUTE FUNCTION registers_entry_fits();
CREATE TRIGGER {table}_succeeded BEFORE UPDATE OF succeeded_on ON {table}
    FOR EACH ROW EXECUTE FUNCTION registers_succeeded_stays();
"""
    return make, f"DROP TRIGGER {table}_succeeded ON {table}; DROP TRIGGER {table}_fits ON {table};"
