"""The papers, one folder each, and the contract that they keep.

``contract`` says what a paper is, ``registry`` finds the papers and resolves the name of a run, ``profiles`` says how
large an experiment is, ``printed`` holds the numbers that the papers print.
"""
