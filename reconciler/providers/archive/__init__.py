"""Archives: a mailbox's content in a folder, with a manifest that tells whether it is whole.

Reading order: `manifest`, which planning may use (`shape` reads it); `making`, which writes; `archivist`, what a
provider offers.
"""
