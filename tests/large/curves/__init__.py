"""`make curves`: how seconds and memory grow with what is asked for.

`measure` writes figures as JSON; `document` and `draw` make a section and pictures of them.
"""
