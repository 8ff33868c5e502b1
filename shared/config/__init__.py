"""The configuration: its types, the reader that finds every mistake at once, and the editor."""
