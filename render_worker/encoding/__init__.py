"""One ffmpeg, fed by pipes: how the pictures of a render become a file.

Owns: ffmpeg's arguments, its process, its pipes, the encoder that is taken, the temporary file and its final name.
Does not own: which frames and in which order (`render_worker.selection`), what is drawn (`render_worker.overlay`).
Invariant: no frame is decoded or changed here; ffmpeg gets the bytes as they are on the disk.
"""
