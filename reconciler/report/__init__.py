"""Report: one renderer a file, each a pure function from values to text or to plain JSON data.

Nothing here prints, and nothing reads a file but through a callable it is handed. The command line decides where text
goes, how wide a line is and whether it has colour (`style.style_for`).
"""
