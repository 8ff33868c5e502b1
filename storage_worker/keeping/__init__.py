"""Which frames stay and which go: the rules, without a disk, a clock or a process.

Owns: every decision about a frame, with its rule. Does not own: finding frames, deleting them, or when to look.
Invariant: pure; now is an argument, and what a name says is enough: a rule never asks this machine's zone.
"""
