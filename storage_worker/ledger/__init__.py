"""Writing the ledger: from events and from the tree, in batches.

Owns: what is written into `.ledger.sqlite`, and when. Does not own: its shape, nor reading it (`shared.ledger`).
Invariant: only the process that holds the output directory writes, and nothing that goes wrong here stops it.
"""
