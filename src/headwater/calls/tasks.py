"""Jobs of calls, made known to the worker."""

from headwater.calls.services import checking

__all__ = ["checking"]
