"""Stills made of many frames: keogram, contact sheet, average, and the brightest of each pixel.

Owns: their pixels and their files. Does not own: which frames there are, and the final name of the result.
Invariant: one frame is decoded at a time, so that the memory needed does not grow with their number.
"""
