"""The configuration: its types, the reader that finds every mistake at once, and the editor.

Invariant: only `read`, `edit` and what they call load the YAML library; the types alone cost nothing.
"""
