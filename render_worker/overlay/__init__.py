"""What is drawn over a video: time stamp, free text, and how much of the day is over.

Owns: the words, their place, and the pixels of the strips. Does not own: laying them over the pictures (ffmpeg does).
Invariant: Pillow is imported here alone, and only when something is drawn.
"""
