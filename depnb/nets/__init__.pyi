from .c3d import C3D as C3D
from .i3d import I3D as I3D
from .regression import Regression as Regression
from .resnet import ResNetBody as ResNetBody, SqueezeExcitation as SqueezeExcitation, dense_head as dense_head
from .resnet_v1 import ResNetV1Body as ResNetV1Body
