"""Jobs of calls, made known to the worker."""

from headwater.calls.services import checking, exports

__all__ = ["checking", "exports"]
