"""Which tables of review count, from when on. How a panel votes is bound from the closing of the vote on only."""

from headwater.core.coverage import covered
from headwater.review import models

covered(models.Expert)
covered(models.Expert.disciplines.through)
covered(models.Conflict)
covered(models.Round, without=("job",), when="state = 'published'")
covered(models.Assignment, when="state <> 'proposed'")
covered(models.Opinion, when="submitted_at IS NOT NULL")
covered(models.Ranking)
covered(models.Panel)
covered(models.PanelMember)
covered(models.PanelItem, when="result <> ''")
covered(models.BallotCast)
covered(models.Revival)
covered(models.Draw)
