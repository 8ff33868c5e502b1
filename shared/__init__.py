"""What every process shares: messages, transport, leases, clocks, configuration, frame names, durable files.

Invariant: this package is the leaf; it imports nothing else of ours (`tests/test_layers.py`).
"""
