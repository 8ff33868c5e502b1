"""What cameras this machine has.

Invariant: looking takes nothing away from whoever records: no camera's format is set, none is streamed from.
"""
