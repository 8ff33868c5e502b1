"""Choosing the frames of a render and their timing: which, in what order, for how many pictures each.

Owns: finding frames in an archive, picking among them, gaps, the timeline, reading one frame from the disk.
Does not own: the archive (`shared.ledger`), encoding, nor how a picture looks.
Invariant: frames are read and never changed. One that is missing or damaged is said, and never breaks a video.
"""
