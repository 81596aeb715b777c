"""Files, processes, progress, the look of figures, and the repository: what every stage uses."""
