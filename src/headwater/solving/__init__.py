"""What the apps ask of the kernels, each by its name through `core.solver`: jobs and commands in their own process, web processes in a
process beside. Nothing below imports this package, so that no request loads NumPy or a kernel.
"""
