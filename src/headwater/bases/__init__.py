"""Bases of research: laboratories, infrastructure, stations, makerspaces, incubators."""
