"""How frames are exposed: by the camera's own control, held, or ramped from day to night.

Owns: the three modes of `exposure:`. Does not own: the camera, which is set by its own thread.
Invariant: everything here but `last_seen` and the log is pure; nothing waits.
"""
