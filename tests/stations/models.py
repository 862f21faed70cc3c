from __future__ import annotations

from typing import Any

from django.db import models

from headwater.core.own import of_many

KEEPER, KIND = "station_keeper", "stations.station"


class StationQuerySet(models.QuerySet["Station"]):
    def visible_to(self, user: Any) -> StationQuerySet:
        """Everybody sees what is open; a keeper sees their own, whatever its state."""
        found = models.Q(state=Station.State.OPEN)
        if getattr(user, "is_authenticated", False):
            found |= models.Q(pk__in=user.scopes(KEEPER, KIND))
        return self.filter(found)


class Station(models.Model):
    class State(models.TextChoices):
        BUILDING = "building", "建设中"
        OPEN = "open", "运行中"

    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    state = models.CharField(max_length=20, choices=State.choices, default=State.BUILDING)
    opened_on = models.DateField(null=True)
    inspect_by = models.DateTimeField(null=True)
    objects = StationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name_zh


of_many(Station)
