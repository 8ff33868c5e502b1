"""How things look on a terminal: text from values, and nothing else.

Invariant: every function here is pure; `now` and the width are arguments.
"""
