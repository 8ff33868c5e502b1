"""One module a verb, each with `add(subparsers)`, which is cheap, and `run(arguments)`, which loads what it needs.

Invariant: at the top of a verb's module stand only imports that cost nothing.
"""
