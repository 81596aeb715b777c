"""What the sliders of notebooks 01 to 04 compute and draw; those of a paper are in its folder."""
