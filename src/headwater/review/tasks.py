"""Jobs of review, made known to the worker; and what it does when others tell it that something has ended."""

from headwater.review.services import assigning, cancelling, inviting

__all__ = ["assigning", "cancelling", "inviting"]
