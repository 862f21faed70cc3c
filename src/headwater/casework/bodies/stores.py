"""The store in which forms keep what members write about an item."""

from headwater.casework.bodies.models import BodyOpinion
from headwater.forms.sheets import own_store

OPINIONS = own_store("bodies.opinion", BodyOpinion)
