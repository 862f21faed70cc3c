"""The API: one OpenAPI document over the same queries as the pages."""
