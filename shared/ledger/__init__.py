"""The ledger: every slot of every camera, in one SQLite file beside the frames.

Owns: its schema, opening it, reading it. Does not own: writing it, which the storage worker alone does
(`storage_worker.ledger`).
Invariant: the tree of files is the truth. Whatever the ledger says of a frame can be had from the tree again, and is
believed for a day only while that day's directory has not changed since it was compared.
"""
