"""What `timelapse doctor` looks at: everything that has bitten people, one theme a file.

Each theme has a `look`, which asks the machine and decides nothing, and a `judge`, which is pure.
Invariant: nothing here changes anything: no file is written, no camera is taken, no process but our own is signalled.
"""
