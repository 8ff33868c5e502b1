"""Deflicker: from how bright each frame is to a gain for it, and to what ffmpeg does with it.

Owns: measuring a frame (`measure`), deciding the gains (`curve`), ffmpeg's filter and its commands (`commands`).
Does not own: which frames there are, nor running ffmpeg.
Invariant: the frames in the archive are never changed; a gain is of a picture of a video.
"""
