"""Headwater (源头): runs public basic-research policy, from the article to its evidence."""

__version__ = "0.1.0"
