"""Files, processes, progress, the look of figures, and the repository: what every stage uses and nothing knows of faces."""
