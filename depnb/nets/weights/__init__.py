"""Pretrained weights: which there are (``registry``), their files (``files``), import of others (``vggface2``)."""
