"""`make bench`: how fast the core is beside diffusers on PyTorch and beside OpenVINO.

Each contestant is a process of its own; one works at a time, in turns. The result is a document.
"""
