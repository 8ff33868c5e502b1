"""The cameras: one module a kind, and what they are made of. `select.make_camera` chooses.

Invariant: a kind's own library is imported when a camera of that kind is made, not before.
"""
