"""Evaluations in rounds: frozen sheets, points that explain themselves, grades with quotas, consequences."""
