"""Declares what kinds of registers may name of evaluations, before the apps declare their registers."""

from headwater.evaluations.services import following

__all__ = ["following"]
