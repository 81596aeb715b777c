"""What the sliders of the notebooks about corpora, faces and measuring compute and draw; those of a paper are in its
folder."""
