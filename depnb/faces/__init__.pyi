from .align import (
    CROP_SIZE as CROP_SIZE,
    TEMPLATE as TEMPLATE,
    similarity as similarity,
    transform_points as transform_points,
    warp as warp,
)
from .crop_paths import Settings as Settings
from .crops import (
    Crops as Crops,
    DamagedCrops as DamagedCrops,
    StoredCrops as StoredCrops,
    load as load,
    stored as stored,
)
from .detect import Faces as Faces, detect_frames as detect_frames
from .landmarks import landmarks68 as landmarks68
from .neutral_head import blurred as blurred, neutral as neutral, shown as shown
from .points24 import landmarks_24 as landmarks_24
from .preparation import devices as devices, prepare as prepare
from .quality import Report as Report, VideoReport as VideoReport
from .video import Frame as Frame, Video as Video, VideoError as VideoError

VERSION: int
