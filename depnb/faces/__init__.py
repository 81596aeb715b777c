"""Video → aligned face crops with landmarks.

``video`` (decode) → ``detect`` and ``track`` (where is the person) → ``align`` → ``crops`` (the cache, with
``landmarks`` for who asks, and ``points24`` made of them) is the way of one video, ``process``; ``prepare`` walks it
for many; ``quality`` reports; ``neutral`` says what may be shown of a face; ``samples`` are real pictures.
"""

from depnb.faces.align import CROP_SIZE, TEMPLATE, similarity, transform_points, warp
from depnb.faces.crops import VERSION, Crops, DamagedCrops, Settings, StoredCrops, load, stored
from depnb.faces.detect import Faces, detect_frames
from depnb.faces.landmarks import landmarks68
from depnb.faces.neutral_head import blurred, neutral, shown
from depnb.faces.points24 import landmarks_24
from depnb.faces.preparation import devices, prepare
from depnb.faces.quality import Report, VideoReport
from depnb.faces.video import Frame, Video, VideoError

__all__ = [
    "CROP_SIZE",
    "TEMPLATE",
    "VERSION",
    "Crops",
    "DamagedCrops",
    "Faces",
    "Frame",
    "Report",
    "Settings",
    "StoredCrops",
    "Video",
    "VideoError",
    "VideoReport",
    "blurred",
    "detect_frames",
    "devices",
    "landmarks68",
    "landmarks_24",
    "load",
    "neutral",
    "prepare",
    "shown",
    "similarity",
    "stored",
    "transform_points",
    "warp",
]
