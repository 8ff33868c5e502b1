"""The cameras: one module a kind, and what they are made of. `select.make_camera` chooses."""
