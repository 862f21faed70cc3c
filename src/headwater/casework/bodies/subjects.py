"""Records of lower floors that have bodies: institutions with their committees."""

from headwater.casework.institutions import INSTITUTION

__all__ = ["INSTITUTION"]
