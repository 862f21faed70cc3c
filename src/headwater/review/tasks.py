"""Jobs of review, made known to the worker."""

from headwater.review.services import assigning

__all__ = ["assigning"]
