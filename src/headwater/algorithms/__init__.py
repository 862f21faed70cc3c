"""The computational core: NumPy and SciPy in and out, no Django; usable alone as a library."""
