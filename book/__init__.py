"""The website, built by Sphinx without a network: notebooks, docs, papers, figures, public names."""
