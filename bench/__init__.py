"""Measurements of the parts of Headwater, and the fuzzer; they run from a checkout and are no part of the package."""
