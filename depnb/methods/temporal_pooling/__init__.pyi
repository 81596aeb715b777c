from .code_image import (
    BITS as BITS,
    SWITCHES as SWITCHES,
    BitOrder as BitOrder,
    Code as Code,
    encode as encode,
    encode_clips as encode_clips,
)
from .network import StreamNet as StreamNet
from .rows import (
    CLAIMS as CLAIMS,
    FIGURES as FIGURES,
    FUSED as FUSED,
    GRID as GRID,
    HEADLINE as HEADLINE,
    LENGTHS as LENGTHS,
    PAPER as PAPER,
    PROFILES as PROFILES,
    PROTOCOLS as PROTOCOLS,
    ROWS as ROWS,
    STREAMS as STREAMS,
    TABLES as TABLES,
    VGGFACE2 as VGGFACE2,
    Config as Config,
    Group as Group,
    inputs as inputs,
    learning as learning,
    model as model,
)
