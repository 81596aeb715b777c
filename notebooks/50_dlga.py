# %% [markdown]
# # 50 · DLGA-CNN: 24 patches, the whole face, and a pyramid over a list
#
# **Paper:** L. He, J. C.-W. Chan, Z. Wang, *Automatic Depression Recognition Using CNN with Attention Mechanism from
# Videos*, Neurocomputing 422, 2021.
#
# **You will be able to**
# - get from 68 landmarks to 24 patches of a feature map by hand, and say what happens at its border;
# - write an attention that is one number for each patch, and say why that number is not the patch's importance;
# - find out where a printed size comes from, and what pooling over a *list* can and cannot do;
# - reckon how far a learning rate can move a weight, and count what an ablation really changes;
# - say what “stopped on the test set” is worth, measured where there is nothing to learn.
#
# **Needs:** [01 · Labels and corpora](01_labels_and_corpora.ipynb), [02 · Faces](02_faces.ipynb), [03 ·
# Measuring](03_measuring.ipynb), [10 · Distribution learning](10_distribution_learning.ipynb).
#
# **Time:** quick 30 s on 2 cores without the live trainings, and 120 s for those (the first time also a few minutes to
# make corpus and crops); paper some days on one GPU (reckoned from the steps, not measured).

# %% tags=["parameters"]
profile = "quick"  # size of the experiments: smoke, quick or paper
corpus = "both"  # a generated corpus (both, appearance, dynamics, null) or the folder of AVEC2014
protocol = "honest"  # honest: train, select on development, open the test once; paper: as the papers did
store = "committed"  # where results come from: committed, or a folder that starts empty and is trained into
seed = 0  # seed of the runs in a store that is not the committed one
device = "auto"  # auto, cpu, cuda or cuda:N

# %%
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from ipywidgets import Dropdown, FloatSlider, interact
from matplotlib import pyplot as plt
from scipy import stats
from torch import nn
from torch.nn import functional

from depnb import clips, cost, course, evaluation, faces, figures, papers, tables, training
from depnb.corpus import open_corpus
from depnb.corpus.synthetic import load_truth
from depnb.diagrams import dlga as diagrams
from depnb.diagrams.dlga import draw_attention, draw_module, draw_pipeline, draw_points, draw_pyramid, levels
from depnb.faces.accuracy import accuracy
from depnb.faces.points24 import MIRRORED, MIRRORED_68
from depnb.methods import dlga
from depnb.methods.dlga import LandmarkedFrames
from depnb.widgets.dlga import draw_patch, patch

session = course.start(
    "50_dlga",
    profile=profile,
    corpus=corpus,
    protocol=protocol,
    store=store,
    seed=seed,
    device=device,
)

# %% [markdown]
# ## The idea
#
# A single frame of a face goes through a small network, the *Depressed-CNN*, and becomes a map of features. Around 24
# points of the face (eyes, brows, nose, cheeks, mouth) a **patch** is cut out of that map. Each patch has a module of its
# own, which makes 64 numbers of it and one weight, its **attention**. A further module does the same with the whole map.
# The results stand behind each other as one long vector. A *weighted spatial pyramid pooling* (WSPP) makes it shorter,
# and two dense layers turn it into a score. Patches alone are called LA-CNN, the face alone GA-CNN, both LGA-CNN. A
# video's score is not defined; we take the mean over its frames (E96).
#
# Our drawing of the paper's Figs 1 and 5, at printed size, with a generated person. No size in it is typed:

# %%
generated = open_corpus("both-tiny" if profile == "smoke" else "both")
person = generated.partition("unseen")[:1]
generated.ensure(person)
_ = faces.prepare(person, workers=1)
crops = faces.load(person[0])
face, landmarks = crops.frames[0], crops.landmarks[0]  # [224, 224, 3], [68, 2]
caption = (
    "From a face with 24 points to a score: below each step the size of what leaves it, in brackets its parameters"
)
drawn = draw_pipeline(face, faces.landmarks_24(landmarks))
session.figure(drawn, "dlga_fig5", f"{caption}; computed ({generated.title}).", made_on=generated.title)


# %% [markdown]
# ## The body, and a pool over channels
#
# Table 2 of the paper has five convolutions 3×3 with ReLU and three pools 2×2. After the third pool a **cell** of the
# map stands for 8×8 pixels. One thing is unusual, **channel max pooling** (CMP): of each four neighbouring *channels*
# only the largest value stays, at every cell,
#
# $$m_k(i, j) = \max_{0 \le r < 4} u_{4k + r}(i, j)$$
#
# and what is left of Conv4_1 is put before the map of Conv4_2. (The table prints its kernel as 4×4, which looks like a
# pool over places, and the text speaks of the “(RGB) direction”. The sizes leave no doubt: E85.)
#
# **By hand.** One cell with eight channels: 1, 4, 2, 3 and −1, −2, −8, −4. Of the first four stays 4, of the others −1.

# %%
def pool_channels(maps):
    return torch.stack([group.amax(0) for group in maps.split(4)])  # [C, H, W] to [C/4, H, W]


eight = torch.tensor([1.0, 4, 2, 3, -1, -2, -8, -4]).reshape(8, 1, 1)
print("by hand:", pool_channels(eight).flatten().tolist())
maps = torch.randn(12, 5, 5)
print("notebook = package:", torch.equal(pool_channels(maps), dlga.channel_max(maps[None])[0]))

with torch.device("meta"):  # tensors without content: no memory, no time
    printed_size = dlga.DLGACNN()
    without = dlga.DLGACNN(cmp=False)
layers = {"conv1": "Conv1", "conv2": "Conv2", "conv3": "Conv3", "conv4_1": "Conv4_1", "conv4_2": "Conv4_2"}
parts = {name: printed_size.body.get_submodule(name) for name in layers}
seen = diagrams.through(printed_size.body, (3, 224, 224), **parts, whole=printed_size.body)
lines = [(title, diagrams.times(seen[name][1]), f"{cost.parameters(parts[name]):,}") for name, title in layers.items()]
lines.append(("CMP and Conv4_2", diagrams.times(seen["whole"][1]), f"{cost.parameters(printed_size.body):,}"))
course.table(pd.DataFrame(lines, columns=["layer", "output", "parameters"]), "Table 2 of the paper, computed by us:")

# %% [markdown]
# CMP itself has no weights. But it makes every patch and the face a quarter deeper, and what follows pays for that. We
# count, because the ablation of Tables 3 and 4 calls it “CMP+” against “CMP−” as if nothing else changed:

# %%
more = cost.parameters(printed_size) - cost.parameters(without)
share = more / cost.parameters(without)
print(f"weights that CMP adds elsewhere: {more:,}, {share:.0%} of the network without it")


# %% [markdown]
# ## From 68 landmarks to 24 points
#
# The paper selects 26 of the 68 landmarks (numbered from 1, as in the 300-W annotation) and “re-selects” 16, which it
# never lists. They follow by elimination (E72): eight landmarks make the four pairs at the eyes, which leaves 18; 18 and
# 27 serve the cheeks alone, which leaves 16. The rest is midpoints, and two points beside the mouth:
#
# | point | made of |
# |---|---|
# | 1–16 | landmarks as they are |
# | 17–20 | midpoints at the eyes: (20, 38), (42, 41), (25, 45), (47, 48) |
# | 21, 22 | midpoints on the cheeks: (18, 59), (27, 57) |
# | 23 | left corner of the mouth, 49, moved by (−16, −16) pixels |
# | 24 | right corner, 55, moved by (**+16**, −16); **printed is (−16, −16)** (E73) |
#
# **By hand.** Let landmark $k$ lie at $(k, 2k)$. Point 17 is the middle of (20, 40) and (38, 76): (29, 58). Point 23 is
# (49 − 16, 98 − 16) = (33, 82), and point 24 is (71, 94), or (39, 94) as printed.

# %%
DIRECT = [19, 37, 39, 22, 23, 26, 44, 46, 28, 30, 49, 51, 59, 53, 55, 57]
PAIRS = [(20, 38), (42, 41), (25, 45), (47, 48), (18, 59), (27, 57)]


def points_24(landmarks, mouth_right="mirror"):
    at = dict(enumerate(landmarks, start=1))
    left, right = at[49] + [-16, -16], at[55] + [16 if mouth_right == "mirror" else -16, -16]
    return np.array([*(at[k] for k in DIRECT), *((at[a] + at[b]) / 2 for a, b in PAIRS), left, right])


numbers = np.arange(1.0, 69)
line = np.stack([numbers, 2 * numbers], axis=1)  # [68, 2]
for reading in ("mirror", "literal"):
    mine = points_24(line, reading)
    print(f"{reading}: points 17, 23, 24 = {mine[[16, 22, 23]].tolist()}")
    equal = all(
        np.allclose(points_24(x, reading), faces.landmarks_24(x, mouth_right=reading)) for x in (line, landmarks)
    )
    print("notebook = package:", equal)

# %% [markdown]
# **Which sign is right?** Everything else in the list is a mirror image of itself. So we mirror a face. If point 1 of
# the mirrored face is the mirror image of point 6, and so on, the list treats both sides alike:

# %%
def mirror(points, size=224):
    return points * [-1, 1] + [size - 1, 0]


flipped = mirror(landmarks[np.array(MIRRORED_68) - 1])  # the 68 landmarks of the mirrored face
for reading in ("mirror", "literal"):
    there = points_24(flipped, reading)
    here = mirror(points_24(landmarks, reading)[np.array(MIRRORED) - 1])
    off = [number for number, (a, b) in enumerate(zip(there, here, strict=True), start=1) if not np.allclose(a, b)]
    to_lips = np.linalg.norm(landmarks[48:] - points_24(landmarks, reading)[23], axis=1).min()
    print(f"{reading}: points that do not change sides: {off or 'none'}; ", end="")
    print(f"from point 24 to the nearest landmark of the lips: {to_lips:.0f} px")

# %%
caption = diagrams.FIGURES["fig3"].caption.replace("with a generated person", f"made on {generated.title}")
session.figure(draw_points(face, landmarks), "dlga_fig3", caption, made_on=generated.title)

# %% [markdown]
# With the printed sign, point 23 sits beside the mouth and point 24 on it. Nothing crashes, and no loss tells you. We
# take +16; `mouth_right="literal"` is the switch. (The letters of the paper's caption and of its list describe different
# steps: E74.)
#
# ## How exact are the landmarks?
#
# The paper takes OpenFace's landmarks and looks at every frame by hand. We use dlib's model of 68 points. Here the truth
# is known, because the faces are generated. An error matters as soon as it moves a patch by a **cell**, 8 pixels:

# %%
some = generated.partition("unseen")[:4]
generated.ensure(some)
_ = faces.prepare(some, workers=1)
measured = accuracy(some)
wide, moved, errors = [], [], []
for recording in some:
    own, truth = faces.load(recording), load_truth(recording)
    real = truth["visible"][own.index]  # a frame in which a face was found and there is one
    places = zip(truth["landmarks"][own.index[real]], own.matrices[real], strict=True)
    known = np.stack([faces.transform_points(points, matrix) for points, matrix in places])  # [n, 68, 2]
    found, true = (faces.landmarks_24(x).clip(0, 223) for x in (own.landmarks[real], known))  # [n, 24, 2]
    errors.append(np.linalg.norm(found - true, axis=-1))
    starts = [dlga.patch_starts(torch.from_numpy(x), 224, 28) for x in (found, true)]
    moved.append((starts[0] - starts[1]).abs().amax(-1).numpy())
    wide.append(np.linalg.norm(known[:, 36] - known[:, 45], axis=-1))
errors, moved, wide = (np.concatenate(x) for x in (errors, moved, wide))
lines = [(name, 100 * e["mean"], 100 * e["p95"]) for name, e in measured["error"].items()]
columns = ["landmarks", "mean error, % of eye distance", "95 % are below"]
course.table(pd.DataFrame(lines, columns=columns), f"dlib's landmarks against the known ones ({generated.title}):")
print(
    f"outer corners of the eyes lie {wide.mean():.0f} px apart; the 24 points are {errors.mean():.1f} px off on average"
)
exact, beside, more = (np.mean(where) for where in (moved == 0, moved == 1, moved > 1))
print(f"patches at the true cells {exact:.0%}, one cell off {beside:.0%}, more: {more:.1%}")

# %% [markdown]
# So a good part of all patches is cut a cell beside its place, and neighbouring frames of a person differ by that much
# too. A network has to live with it: nobody's mouth is always in the same cell.
#
# **Frames without landmarks** have no patches. They are left out and counted, never guessed. Where a video has no such
# frame at all, it is named:

# %%
trained = dlga.PROFILES[profile]
config, side = dlga.ROWS["dlga"], trained.scale.input_size
eats = dlga.inputs(config, trained)
used = clips.load(some, eats, trained.frames, side)
print(f"frames of {len(some)} videos: {measured['frames']}; a face is seen in {measured['visible']}, found in ", end="")
print(f"{round(measured['found_share'] * measured['visible'])} of these")
print(f"used, evenly spaced: {sum(map(len, used.pixels))}; left out: {len(used.left_out)}")

unknown = landmarks.copy()
unknown[19] = np.nan  # landmark 20 was not found
lacking = ~np.isfinite(points_24(unknown)).all(1)
print("points that are not known without landmark 20:", (np.flatnonzero(lacking) + 1).tolist())
try:
    dlga.patch_starts(torch.from_numpy(points_24(unknown)), 224, 28)
except ValueError as error:
    print(f"ValueError: {error}")


# %% [markdown]
# ## From a point to a patch
#
# Patches are cut out of the **map**, 28×28 cells, and not out of the picture. Each has 6×6 cells. How a landmark in
# pixels finds its cells is not said (E75): 6 is even, so there is no middle cell, and nothing is said of the border. Our
# reading, for columns from $x$ and for rows from $y$:
#
# $$\text{start} = \Big\lfloor \frac{x}{8} + \frac12 \Big\rfloor - 3, \qquad \text{cells } \text{start} \dots \text{start} + 5$$
#
# At the border there are two readings: **clamp** moves the patch inside, **zero** lets it leave the map and fills up with
# zeros, as the network does from which the paper takes its patches.
#
# **By hand.** $x = 100$: $12.5 + 0.5 = 13$, less 3 is 10. $x = 5$: $\lfloor 1.125 \rfloor = 1$, less 3 is −2; clamped, 0.

# %%
def start(x, border="clamp"):
    first = int(np.floor(x / 8 + 0.5)) - 3
    return min(max(first, 0), 28 - 6) if border == "clamp" else first


lines, agree = [], []
for x, y in ((100, 60), (112, 112), (5, 5), (223, 223), (12, 200)):
    own = {border: (start(x, border), start(y, border)) for border in ("clamp", "zero")}
    theirs = {border: tuple(dlga.patch_starts(torch.tensor([x, y]), 224, 28, border=border).tolist()) for border in own}
    agree.append(own == theirs)
    zeros = patch(x, y, "zero").outside()
    lines.append({"landmark": f"({x}, {y})", "clamp": own["clamp"], "zero": own["zero"], "zeros of 36 cells": zeros})
course.table(pd.DataFrame(lines), "First (column, row) of a patch under both readings, by hand:")
print("notebook = package:", all(agree))


# %% [markdown]
# A trap: a picture is stored as [rows, columns], and a landmark is $(x, y)$. Who writes `map[x, y]` cuts the patch of a
# mirrored-at-the-diagonal place, and again nothing crashes. A map whose values are its own coordinates shows it:

# %%
def cut(features, x, y):
    column, row = start(x), start(y)
    return features[:, row : row + 6, column : column + 6]  # [C, 6, 6]


rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
coordinates = torch.stack([columns, rows])  # [2, 28, 28]
own = cut(coordinates, 100, 60)
print("columns", own[0, 0].int().tolist(), "rows", own[1, :, 0].int().tolist())
places = torch.from_numpy(points_24(landmarks)).clamp(0, 223)[None]  # [1, 24, 2]
theirs = dlga.patches(coordinates[None], places, 224)  # [1, 24, 2, 6, 6]
mine = torch.stack([cut(coordinates, x, y) for x, y in places[0].tolist()])  # [24, 2, 6, 6]
print("notebook = package:", torch.equal(mine, theirs[0]))

used_by = torch.zeros(28, 28)
for x, y in places[0].tolist():
    used_by[start(y) : start(y) + 6, start(x) : start(x) + 6] += 1
touched = (used_by > 0).float().mean().item()
print(f"24 patches touch {touched:.0%} of this face's map; one cell is in up to {int(used_by.max())} of them")

# %%
caption = (
    f"A landmark at the left border, the cells of its patch, and the same on the mirrored face ({generated.title})."
)
session.figure(draw_patch(12, 200, "zero", face), "dlga_patch", caption, made_on=generated.title)

# %% [markdown]
# Play with it (in JupyterLab). Let $x$ be whole: the patch of the mirrored face is always the mirrored patch. Now let it
# stop between pixels: for an eighth of all places the mirrored patch is *a cell off*, because ⌊ ⌋ rounds down on both
# sides. (Midpoints are between pixels, and the network is trained on mirrored faces.)

# %% tags=["nbval-skip"]
_ = interact(
    lambda x, y, border: plt.show(draw_patch(x, y, border, face)),
    x=FloatSlider(value=100, min=0, max=223, step=0.25),
    y=FloatSlider(value=60, min=0, max=223, step=0.25),
    border=Dropdown(options=["clamp", "zero"]),
)


# %% [markdown]
# **How local is a patch?** Six cells are 48 pixels. But a cell of the map has already *looked around*. We use the rule of
# notebook 30 for how many pixels a unit sees (kernel, stride of each layer):

# %%
def field(steps):
    size, grid = 1, 1
    for kernel, stride in steps:
        size += (kernel - 1) * grid
        grid *= stride
    return size


body = [(3, 1), (2, 2)] * 3 + [(3, 1), (3, 1)]  # three times convolution and pool, then Conv4_1 and Conv4_2
seen_by_cell = field(body)
print(f"a cell of Conv4_2 sees {seen_by_cell} pixels, a patch {seen_by_cell + 5 * 8} of 224 on each side")

# %% [markdown]
# A “patch around the mouth” sees nearly a half of the picture in each direction, with less weight towards the rim. Words
# such as *eye region* are about where a patch is centred, not about what it sees.
#
# ## Attention, for one patch
#
# Each of the 24 *local attention learning* modules (LAL) begins with two convolutions with ReLU. Their result
# $\hat{Pa}_j^2$ takes two ways. One becomes a vector, the other a single number between 0 and 1:
#
# $$\varphi_j = \varphi(\hat{Pa}_j^2) \quad (1) \qquad \alpha_j = \omega_j(\hat{Pa}_j^2) \quad (2) \qquad
# \rho_j = \alpha_j \cdot \varphi_j \quad (3)$$
#
# $\omega_j$ is a max pool, a convolution, two dense layers and the sigmoid. Kernels, widths and what “vector transform”
# means are not printed (E76); ours are those of the network behind it. The whole face has the same, (4) to (6), where the
# paper writes ψ and φ for one vector (E79).

# %%
caption = diagrams.FIGURES["fig2"].caption.replace("below each", "computed; below each")
session.figure(draw_module(), "dlga_fig2", caption)


# %% [markdown]
# **By hand.** A patch has $\varphi = (2, 0, 6)$, and the last dense layer gives 0 before the sigmoid. Then
# $\alpha = \sigma(0) = ½$ and $\rho = (1, 0, 3)$. With $\ln 3$ instead of 0 it is $\alpha = 3/4$ and $\rho = (1.5, 0, 4.5)$.
#
# The module in the package computes all patches at once, with grouped convolutions. Here is one patch alone, with plain
# layers, and the weights that belong to it:

# %%
def attend(cut, weights):  # one patch [C, 6, 6] with its own weights
    first, second, vector, narrow, hidden, logit = weights  # (weight, bias) each
    maps = functional.conv2d(cut[None], *first, padding=1).relu()
    maps = functional.conv2d(maps, *second).relu()  # [1, C, 6, 6]
    phi = functional.linear(maps.flatten(1), *vector).relu()[0]  # (1)
    small = functional.conv2d(functional.max_pool2d(maps, 2), *narrow).relu()  # [1, 128, 3, 3]
    alpha = functional.linear(functional.linear(small.flatten(1), *hidden).relu(), *logit).sigmoid()[0, 0]  # (2)
    return alpha * phi, alpha  # (3)


print("by hand:", [round((torch.sigmoid(torch.tensor(z)) * 6).item(), 2) for z in (0.0, np.log(3.0))])
torch.manual_seed(0)
module = dlga.LocalAttention(5, width=1 / 8)  # patches of 5 channels, narrow
for parameter in module.parameters():
    nn.init.normal_(parameter, std=0.2)
patches, own = torch.randn(1, 24, 5, 6, 6), 7  # the eighth patch
part = module.attention


def weights_of(layer):
    if isinstance(layer, nn.Conv2d):
        return layer.weight.chunk(24)[own], layer.bias.chunk(24)[own]
    return layer.weight[own], layer.bias[own]


with torch.no_grad():
    layers = (module.first, module.second, part.vector, part.conv, part.hidden, part.logit)
    rho, alpha = attend(patches[0, own], [weights_of(layer) for layer in layers])
    rhos, alphas = module(patches)
same = torch.allclose(rho, rhos[0, own], atol=1e-5) and torch.allclose(alpha, alphas[0, own], atol=1e-5)
print("notebook = package:", same)

# %% [markdown]
# ### α is not the importance of a patch
#
# The paper reads α as such: 0 is irrelevant, 1 is important. Look at (3) again. Only the *product* goes on. If a module
# halves its α and doubles its φ, the network says exactly the same. We do that to one patch:

# %%
def alone(value):  # a module that gives this α whatever it sees
    nn.init.zeros_(part.logit.weight)
    nn.init.constant_(part.logit.bias, np.log(value / (1 - value)))
    return module(patches)


with torch.no_grad():
    before, weights = alone(0.5)
    part.vector.weight.mul_(2)
    part.vector.bias.mul_(2)
    after, halved = alone(0.25)
print(
    f"α was {weights[0, own].item():.2f}, is {halved[0, own].item():.2f}; ρ is the same:",
    torch.allclose(before, after, atol=1e-5),
)

# %% [markdown]
# Patches share no weights, so nothing makes their α comparable with each other. What can be compared is the α of *one*
# patch on two faces. And what a patch is worth can be tested: switch its ρ off, and see how far the score moves. We do
# both below, on a trained network.
#
# ## Where 2048 comes from
#
# “The shape of the output of LGA-CNN is 2048×1×1”, and no word on why (E77). The widths of the module say it:

# %%
local, whole = printed_size.local.outputs, printed_size.global_.outputs
print(f"patches: {dlga.PATCHES} × {local // dlga.PATCHES} = {local}; the face: {whole}; together {local + whole}")

# %% [markdown]
# ## The pyramid
#
# **Spatial pyramid pooling** cuts a *map* into 1, 4, 16 … fields and takes the maximum of each: coarse fields forgive
# that a thing has moved, fine ones remember where it was. The paper does that with the *vector* of 2048: four levels of
# windows of 25, 51, 102 and 204 elements, each as far from the next as it is long, and a maximum in each. With windows of
# $w$ elements, the bins of one level are
#
# $$b_i = \max_{iw \,\le\, k \,<\, (i + 1)w} x_k, \qquad i = 0, \dots, n - 1$$
#
# Two things do not fit. **(E81)** 2048 elements hold 81 windows of 25, so that $81 + 40 + 20 + 10$ is 151, and printed
# is 150. Those windows are $\lfloor 2048 / n \rfloor$ for $n = 80, 40, 20, 10$; we keep the first $n$ of each. **(E82)**
# “Finer levels are weighted more”, with the reference's weights but without numbers. There they are ½, ¼, ⅛ and, for the
# coarsest, ⅛ again.
#
# **By hand.** Let element $k$ be the number $k$ itself. Then a window's maximum is its last element: 24, 49, … 1999 on
# the finest level, 203, … 2039 on the coarsest.

# %%
def pyramid(x, counts=(80, 40, 20, 10), weights=(1 / 2, 1 / 4, 1 / 8, 1 / 8)):
    bins = []
    for count, weight in zip(counts, weights, strict=True):
        window = len(x) // count
        bins += [weight * x[i * window : (i + 1) * window].max() for i in range(count)]
    return torch.stack(bins)


ramp = torch.arange(2048.0)
for name, weights in (("lazebnik", (1 / 2, 1 / 4, 1 / 8, 1 / 8)), ("none", (1, 1, 1, 1))):
    mine, theirs = pyramid(ramp, weights=weights), dlga.WeightedPyramidPooling(2048, weights=name)(ramp[None])[0]
    print(f"weights {name}: {len(mine)} bins, their sum {mine.double().sum().item():,.2f}")
    print("notebook = package:", torch.equal(mine, theirs))

# %%
readings = []
for features, bins in (
    (2048, "trim"),
    (2048, "literal"),
    (2048, "adaptive"),
    (1536, "trim"),
    (512, "trim"),
    (512, "literal"),
):
    pooling = dlga.WeightedPyramidPooling(features, bins)
    found = [own for _, own in levels(pooling)]
    readings.append(
        {
            "features": features,
            "bins": bins,
            "a level": " + ".join(str(len(own)) for own in found),
            "together": pooling.outputs,
            "first window": ", ".join(str(own[0].last + 1) for own in found),
            "last element seen": ", ".join(str(own[-1].last) for own in found),
        }
    )
course.table(
    pd.DataFrame(readings), "Readings of the pyramid, computed by us; printed are 150 bins of 2048 (E81, E83):"
)

# %%
caption = diagrams.FIGURES["fig6"].caption.replace("as built", "as built (computed)")
session.figure(draw_pyramid(), "dlga_fig6", caption)

# %% [markdown]
# The last windows end before the vector does. In our reading (`trim`) of 2048 elements no level sees the last eight: those
# features of the face are computed, weighed by α, and thrown away.
#
# ### What is pooled with what?
#
# Look at the coloured bar. Along the vector lie **features**, 64 of one patch, then 64 of the next, and at the end 512
# of the face. There is no “near” or “far” in it (E84): number 63 is a unit of a brow, number 64 one of an eye. How many
# windows stay within one patch?

# %%
of = np.repeat(np.arange(25), [local // dlga.PATCHES] * dlga.PATCHES + [whole])  # whose each feature is
lines = []
for (_, bins), name in zip(
    levels(dlga.WeightedPyramidPooling(2048)), ("finest", "second", "third", "coarsest"), strict=True
):
    kinds = [len(set(of[first : last + 1])) for first, last in bins]
    own = {"level": name, "bins": len(bins), "elements": bins[0].last + 1}
    lines.append(
        own
        | {
            "of one patch, or the face": kinds.count(1),
            "mix two": kinds.count(2),
            "mix more": sum(k > 2 for k in kinds),
        }
    )
course.table(pd.DataFrame(lines), "What the windows of the printed pyramid mix, computed:")

# %% [markdown]
# Which of its 64 units a patch calls the first is chance: they are drawn alike, and a training with another seed numbers
# them differently. A maximum over units that happen to be neighbours is a way to make a vector shorter. It is no
# statement about size or place of a face. **The control:** shuffle the vector before training, and everything the
# method means by “scale” is destroyed, if it was there. We do not even need to train. A dense layer does not notice,
# once its columns are shuffled alike; the pyramid does, so what it computes depends on the numbering:

# %%
torch.manual_seed(0)
network = dlga.model(config, trained.scale).eval()
count = network.head[0].features
order, dense, vector = torch.randperm(count), nn.Linear(count, 3), torch.rand(1, count)
with torch.no_grad():
    shuffled = functional.linear(vector[:, order], dense.weight[:, order], dense.bias)
    print("dense layer, shuffled: the same output:", torch.allclose(dense(vector), shuffled, atol=1e-5))
straight, mixed = (network.head[0](v).sort().values for v in (vector, vector[:, order]))
print("pyramid, shuffled: the same bins in some order:", torch.allclose(straight, mixed))


def enlarged(inputs, factor):  # the face larger by this factor, and its points with it
    frames, points = inputs
    theta = torch.tensor([[1 / factor, 0, 0], [0, 1 / factor, 0]]).expand(len(frames), 2, 3)
    grid = functional.affine_grid(theta, list(frames.shape), align_corners=False)
    larger = functional.grid_sample(frames, grid, padding_mode="border", align_corners=False)
    middle = (frames.shape[-1] - 1) / 2
    return LandmarkedFrames(larger, ((points - middle) * factor + middle).clamp(0, frames.shape[-1] - 1))


def vector_of(inputs):
    seen = []
    hook = network.head.register_forward_pre_hook(lambda part, given: seen.append(given[0]))
    with torch.no_grad():
        network(inputs)
    hook.remove()
    return seen[0]  # [B, D]


# %% [markdown]
# And is it *less* sensitive to size? We enlarge faces by a tenth, and measure how far the vector moves: bare, behind the
# pyramid in the printed order, and behind the same pyramid in 200 random orders. (The network is not trained. Its maps
# are random filters of the faces, which is enough to ask what pooling does by itself.)

# %%
people = generated.partition("unseen")[:12]
generated.ensure(people)
_ = faces.prepare(people)
shown = clips.load(people, eats, trained.frames, side)
inputs = eats.prepare(shown.clips([(video, 0) for video in range(len(shown))], eats), False)
small, large = vector_of(inputs), vector_of(enlarged(inputs, 1.1))


def change(before, after):
    return ((after - before).norm(dim=1) / before.norm(dim=1)).mean().item()


pooling = network.head[0]
orders = [torch.randperm(count) for _ in range(200)]
shuffles = np.array([change(pooling(small[:, order]), pooling(large[:, order])) for order in orders])
printed_order = change(pooling(small), pooling(large))
print(f"{len(shown)} faces, a tenth larger; the vector moves by this share of its length ({generated.title}):")
print(f"   bare: {change(small, large):.2f}; pooled, printed order: {printed_order:.2f}")
print(f"   pooled, 200 random orders: {shuffles.min():.2f} to {shuffles.max():.2f}, mean {shuffles.mean():.2f}")
print("   the printed order lies among the random ones:", bool(shuffles.min() <= printed_order <= shuffles.max()))

# %% [markdown]
# A maximum of many numbers moves a little less than each of them, in *any* order. That is all. Whether it helps the score
# is a question for Tables 3 and 4: with 150 instead of 2048 inputs the head has fewer weights, and that can help for
# another reason than the one that is given.
#
# ## What it costs
#
# The ablation compares rows that differ in more than the part they are named after:

# %%
def cost_of(row):
    with torch.device("meta"):
        network = dlga.model(dlga.ROWS[row])
        empty = LandmarkedFrames(torch.empty(1, 3, 224, 224), torch.empty(1, dlga.PATCHES, 2))
    return cost.parameters(network), cost.gmac(network, empty)


costs = {row: cost_of(row) for row in dlga.COMBINATIONS}
titles = dlga.TABLES["Table 3"]
lines = [
    {
        "row": row,
        "printed name": titles[row],
        "million parameters": f"{p / 1e6:.1f}",
        "GMAC for one image": f"{gmac:.2f}",
    }
    for row, (p, gmac) in costs.items()
]
course.table(pd.DataFrame(lines), "The combinations of Tables 3 and 4 at printed size, computed by us:")
apart = (costs["dlga"][0] - costs["ga_wspp"][0]) / 1e6
print(f"patches add {apart:.1f} million weights to the face alone; for 100 videos, {apart / 100:.1f} each")
with torch.device("meta"):
    light = dlga.LocalAttention(printed_size.body.channels, kernel=1, vector="gap")
named = {"Depressed-CNN": printed_size.body, "patches": printed_size.local, "face": printed_size.global_}
print("of all weights:", ", ".join(f"{name} {cost.parameters(p) / costs['dlga'][0]:.0%}" for name, p in named.items()))
print(f"patches with kernels 1×1 and means instead of flattened maps: {cost.parameters(light) / 1e6:.1f} million")

# %% [markdown]
# (Sizes that the paper does not state change that a lot. The last line is E76 in numbers: `lal_kernel=1`,
# `vector="gap"`.)
#
# **“Low computational complexity”** is a claim of the paper, with one number: a picture takes 2.12 s on a processor of
# 2015, an i7-6700 at 3.4 GHz with 32 GB, under TensorFlow. No other network was measured (E100), and whether the
# detection of the face is in it is not said. We let the same network run here, full size, with random weights:

# %% tags=["nbval-skip"]
printed_seconds = papers.printed("dlga", "Section 4.3.3").query("metric == 'time_s'")["value"].item()
frame = LandmarkedFrames(torch.randn(1, 3, 224, 224), torch.rand(1, dlga.PATCHES, 2) * 223)
lines = [
    {
        "network": "DLGA-CNN, printed (i7-6700)",
        "seconds": printed_seconds,
        "GMAC a second": costs["dlga"][1] / printed_seconds,
    }
]
for row in ("dlga", "ga_wspp"):
    seconds = cost.cpu_seconds(dlga.model(dlga.ROWS[row]).eval(), frame)
    lines.append({"network": f"{row}, here", "seconds": seconds, "GMAC a second": costs[row][1] / seconds})
course.table(
    pd.DataFrame(lines), f"Seconds for one image on a CPU, printed and here (threads: {torch.get_num_threads()}):"
)

# %% [markdown]
# One number is neither low nor high; rivals have to be counted as well, as in
# [30 · MSN](30_msn.ipynb). Where the last column is much larger here, the printed time was not spent on multiplications
# alone: the weights have to be read, the landmarks be found.


# %% [markdown]
# ## Learning
#
# The loss is the squared error, halved (7); we leave out the ½, which Adam does not see:
#
# $$L = \frac{1}{2M} \sum_{j=1}^{M} \lVert \hat p_j - p_j \rVert^2 \quad (7)$$
#
# Adam, L2 of 0.0005, 50,000 steps, from scratch; and a **learning rate of 0.000001**, the best of six in Tables 5 and 6.
# What can that move? Adam divides the mean gradient by its own size, so that a step is about as large as the rate,
# however large the gradient is. By hand, with gradient 5 all the time: the mean is 5, the root of the mean square is 5,
# the step is exactly the rate. A thousand steps move a weight by 0.001:

# %%
def adam(gradients, lr, decay=5e-4):
    weight = mean = square = 0.0
    for step, gradient in enumerate(gradients, start=1):
        gradient = gradient + decay * weight
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        weight -= lr * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)) ** 0.5 + 1e-8)
    return weight


how = dlga.learning(dlga.ROWS["lr_1e-6"], dlga.PROFILES["paper"]).scores
rate = dlga.PROFILES["paper"].lr * how.rate
kinds = {
    "always 5": np.full(1000, 5.0),
    "always 0.001": np.full(1000, 0.001),
    "noise around 1, of sd 3": np.random.default_rng(0).normal(1, 3, 1000),
    "pure noise": np.random.default_rng(0).normal(0, 3, 1000),
    "growing: 1, 2, 3, …": np.arange(1.0, 1001),
}
agree, lines = [], []
for name, gradients in kinds.items():
    weight = nn.Parameter(torch.zeros((), dtype=torch.float64))
    optimiser, schedule = training.optimiser(how, [weight], dlga.PROFILES["paper"].lr, len(gradients))
    for gradient in gradients:
        weight.grad = torch.tensor(gradient)
        optimiser.step()
        schedule.step()
    mine = adam(gradients, rate)
    agree.append(np.isclose(mine, weight.item(), rtol=1e-6))
    lines.append({"gradient": name, "weight after 1000 steps": f"{mine:.6f}"})
course.table(pd.DataFrame(lines), "How far a thousand steps at a rate of 0.000001 move a weight, computed:")
print("notebook = package:", all(agree))

# %% [markdown]
# A gradient of one size and sign gets the whole rate, noise much less, and one that grows all the time more, because the
# mean of its squares lags behind. A loss does not fall for long with gradients that grow. So 50,000 steps move a weight
# by 0.05, and hardly more (E87). Is that little? Compare with how large weights are when a
# training begins:

# %%
lines = []
for name, fan_in in (
    ("Conv4_2, 3×3 of 512", 9 * 512),
    ("vector of a patch, 640×6×6", 640 * 36),
    ("dense layer behind the pyramid, 150", 150),
):
    spread = np.sqrt(2 / fan_in)
    lines.append({"layer": name, "sd of its weights at the start": spread, "0.05 is so many sd": 0.05 / spread})
course.table(pd.DataFrame(lines), "Weights drawn for ReLU, computed:", digits=3)
rates = [float(row.removeprefix("lr_")) for row in dlga.SWEEP]
reach = {"paper, 50,000 steps": 50_000, f"ours at {profile}, {trained.steps} steps": trained.steps}
lines = [{"": name} | {f"{rate:g}": f"{rate * steps:.2g}" for rate in rates} for name, steps in reach.items()]
course.table(pd.DataFrame(lines), "Rate × steps, about the farthest way of a weight, computed:")

# %% [markdown]
# In wide layers 0.05 is far, and many weights together move a score from 0 to the mean of the labels. It can work with
# 50,000 steps. **Mind this when you read our Tables 5 and 6 below:** our trainings have fewer steps, so the same
# rate goes less far. In our table look for the rate whose *product* with the steps is that of the paper's.
#
# And there is the end of the training. The text has 50,000 iterations, *and* an end when the loss has not fallen for 200
# (E89), *and* an end when accuracy “with the testing set” gets worse (E88), and trains “from scratch many times”, compared
# with published results. Our rows of the sweep are as printed: constant rate, L2, an end after 200 steps without a lower
# loss. They begin at the mean of the labels, as all our methods do, or the smallest rate would have no chance. All other
# rows use Adam with one cycle. The step that is kept is chosen on *development* everywhere.
#
# ## Rows
#
# | row | what it is | trained on |
# |---|---|---|
# | `dlga` | patches, the face, CMP, WSPP: the paper's G | *both*, *null* |
# | `la_minus`, `la`, `la_minus_wspp`, `la_wspp` | patches alone, without and with CMP (minus: without), without and with WSPP | *both* |
# | `ga`, `ga_wspp` | the face alone; CMP is not stated for them, we have it on (E86) | *both* |
# | `lga_minus`, `lga`, `lga_minus_wspp` | both, without one or two of the parts | *both* |
# | `lr_1e-6` … `lr_1e-1` | G as printed, at each printed learning rate | *both* |
# | `dlga`, protocols `paper` and `test-selected` | last step, or the step that is best on the test set | *null* |
#
# At profile quick the networks are small:

# %%
print(f"{trained.scale.width:g} of the printed channels, frames of {side}×{side}, map of {side // 8}×{side // 8} cells")
print(f"patches of {network.cells}×{network.cells} cells; a vector of {count}; {network.head[0].outputs} bins")
print(f"{trained.frames} frames of a video, {trained.steps} steps on {trained.batch}")
print(f"{cost.parameters(network):,} parameters")

# %% [markdown]
# ## Train one row, live
#
# One row, one seed, in a temporary store (in a reproduction: the run that it has made). It is the cheapest one, the face
# alone; `dlga` itself is trained live further below, where we look at its patches.

# %% tags=["nbval-skip"]
live = session.live("dlga", "ga_wspp")
results = session.results("dlga")
own = [r for r in results if (r.run.row, r.run.corpus, r.run.protocol) == ("ga_wspp", corpus, protocol)]
partition = "unseen" if "unseen" in live.metrics else next(iter(live.metrics))
rmse, spent = live.metrics[partition]["rmse"], live.seconds["training"]
print(f"live run: RMSE {rmse:.2f} on {tables.PARTITION_TITLES[partition]}, {spent:.0f} s of training")
print("stored runs:", ", ".join(f"{r.metrics[partition]['rmse']:.2f}" for r in own))

# %% [markdown]
# ## Tables 3 and 4: the parts
#
# The printed numbers beside ours; ours are of generated people and cannot be compared with the printed ones, only their
# order. Size and work stand beside them, at printed size.

# %%
results = session.results("dlga")
for source, dataset in (("Table 3", "AVEC2013"), ("Table 4", "AVEC2014")):
    frame = tables.beside_printed("dlga", source, results)
    rows_of = {title: row for row, title in dlga.TABLES[source].items()}
    frame.insert(1, "million parameters", [f"{costs[rows_of[name]][0] / 1e6:.0f}" for name in frame["method"]])
    frame.insert(2, "GMAC", [f"{costs[rows_of[name]][1]:.1f}" for name in frame["method"]])
    course.table(frame, f"{source} (Neurocomputing 2021), {dataset}, and our RMSE (mean ± sd over seeds):")

# %%
course.table(tables.measured_table(results, "unseen"), "Measured on unseen people, all rows:")


# %%
def of_paper(name):
    figure = dlga.FIGURES[name]
    shown = figures.SHOWN[figure.kind]([r for r in results if r.run.row in figure.rows])
    drawn = figures.draw_of_paper("dlga", name, results)
    if drawn is None:
        print(f"Nothing to draw for {name}: its rows were not run here, or no scores of people are kept.")
        return
    made_on = ", ".join(dict.fromkeys(map(tables.corpus_title, shown)))
    session.figure(drawn, f"dlga_{name}", f"{figure.caption} Made on {made_on}, profile {profile}.", made_on=made_on)


of_paper("table3")

# %%
of_paper("unseen")

# %% [markdown]
# “The overall performance can be further promoted” by each part, says the text. Its own tables, read line by line (E94):

# %%
for source in ("Table 3", "Table 4"):
    printed = papers.printed("dlga", source).query("metric == 'RMSE'").set_index("method")["value"]
    rmse = {row: printed[title] for row, title in dlga.TABLES[source].items()}
    steps = {
        "CMP": [("la_minus", "la"), ("la_minus_wspp", "la_wspp"), ("lga_minus", "lga"), ("lga_minus_wspp", "dlga")],
        "WSPP": [
            ("la_minus", "la_minus_wspp"),
            ("la", "la_wspp"),
            ("ga", "ga_wspp"),
            ("lga_minus", "lga_minus_wspp"),
            ("lga", "dlga"),
        ],
        "the face, added to patches": [
            ("la_minus", "lga_minus"),
            ("la", "lga"),
            ("la_minus_wspp", "lga_minus_wspp"),
            ("la_wspp", "dlga"),
        ],
    }
    for part, pairs in steps.items():
        gains = [rmse[worse] - rmse[better] for worse, better in pairs]
        print(f"{source} (printed), gain by {part}: {', '.join(f'{gain:+.2f}' for gain in gains)}")

# %% [markdown]
# All gains are far below half a point of RMSE, on 50 or 100 videos, from one training each, the best of several. Adding
# the face to A1 makes it *worse*. A1 and A2 are, to the last digit, the same on two data sets. What a test set of that
# size can show stands in [03 · Measuring](03_measuring.ipynb): rarely less than a point.
#
# ## Tables 5 and 6: the learning rate

# %%
for source, dataset in (("Table 5", "AVEC2013"), ("Table 6", "AVEC2014")):
    frame = tables.beside_printed("dlga", source, results)
    course.table(frame, f"{source} (Neurocomputing 2021), {dataset}, and our RMSE (mean ± sd over seeds):")
    mae = papers.printed("dlga", source).query("metric == 'MAE'")["value"].to_numpy()
    falls = [f"{a:g} then {b:g}" for a, b in pairwise(mae) if b < a]
    print(
        f"{source} (printed), MAE rises with the rate: {'yes' if not falls else 'not everywhere: ' + ', '.join(falls)}"
    )

# %%
of_paper("table5")
sweep = [r for r in tables.on_one_corpus(results) if r.run.row in dlga.SWEEP]
lines = []
for row in dict.fromkeys(r.run.row for r in sweep):
    own = [r for r in sweep if r.run.row == row]
    ends = ", ".join(str(curve[-1]["step"]) for r in own for curve in r.curves)
    fell = f"{sum(r.learnt for r in own)} of {len(own)}"
    lines.append({"row": row, "last check at step": ends, "fell below the constant's loss": fell})
if sweep:
    where = tables.corpus_title(sweep[0])
    course.table(
        pd.DataFrame(lines), f"How the trainings of the sweep ended, of at most {trained.steps} steps ({where}):"
    )

# %% [markdown]
# “Minimal learning rate is suitable for the proposed framework”, concludes the paper. What its table shows is a curve that
# is best at its *end*. Then the best may lie beyond it: nobody tried a rate below the smallest. And a small rate with an
# early end on the test set is a well-known way to regularise: the network stays near its beginning. (In Table 6 the MAE
# does not rise with the rate everywhere, against the text: E93.)
#
# ## The claims, as inequalities
#
# *Confirmed* if the whole 95 % interval of the difference lies below 0, *not confirmed* if it lies above, *too little
# data to tell* if it contains 0, *not trained* if a training of either side did not end below the constant's loss. The
# claims that name a table are the paper's, the others ours. The first one on **null** must not be confirmed.

# %%
for claim in dlga.CLAIMS:
    found = tables.difference(claim, "dlga", results)
    if found is None:
        continue
    text = f"{claim.text}, on “{claim.corpus}”"
    print(course.verdict(text, found.value, (found.low, found.high)) if found.learnt else f"{text}: not trained")
print(f"{len(dlga.CLAIMS)} claims; one that is not listed was not run here, or has no scores per person")

# %% [markdown]
# How to read it:
#
# - **Patches or the face?** `la_wspp` against `ga_wspp` is also 24 modules against one. And patches are aligned by
#   landmarks, the face by the crop: the patch of the left eye has the left eye in it even if the head turns.
# - **CMP** makes everything behind it wider; a gain may be the width's.
# - **WSPP** makes the head narrower; a gain may be the narrowness.
# - **The sweep** differs from the other rows in schedule, L2 and end, so compare its rows with each other only.
# - **A single frame** has no time in it. “Effectively captures the facial dynamics” is a claim that this network cannot
#   keep: exchange the frames of a video, and its score is the same.
# - **null.** Labels are shuffled among people; whatever is “learnt” there is who is who.
#
# ## Stopped on the test set
#
# How much is a step worth that was chosen on the test set (E88)? We ask where there is **nothing to learn**: on *null*.
# Same row, same seeds, same training partitions. The one takes its last step (`paper`), the other, of step 0 and the
# checks of the second half, the one that is best on the test set (`test-selected`). What the second gains on that test
# set, it has taken from the answers:

# %%
def null_runs(protocol):
    return [r for r in results if (r.run.row, r.run.corpus, r.run.protocol) == ("dlga", "null", protocol)]


lines = []
for own_protocol in ("paper", "test-selected"):
    runs = null_runs(own_protocol)
    for partition in ("test", "unseen"):
        values = [r.metrics[partition]["rmse"] for r in runs if partition in r.metrics]
        if values:
            constant = runs[0].baselines[partition]["constant"]["rmse"]
            mean = f"{np.mean(values):.2f}"
            each = ", ".join(f"{value:.2f}" for value in values)
            lines.append(
                {
                    "protocol": own_protocol,
                    "partition": partition,
                    "RMSE": mean,
                    "each seed": each,
                    "constant": constant,
                }
            )
if lines:
    course.table(pd.DataFrame(lines), "DLGA-CNN where labels are shuffled (generated “null”):")
for r in null_runs("test-selected"):
    checks = [(check["step"], check["rmse"]) for check in r.curves[0] if "rmse" in check]
    chosen = ", ".join(f"{step}: {rmse:.2f}{' ←' if step == r.selected_steps[0] else ''}" for step, rmse in checks)
    print(f"seed {r.run.seed}, test RMSE by step: {chosen}")
if not lines:
    print("These rows were not run here.")

# %% [markdown]
# The arrow is the step that was kept. Step 0 is the constant predictor: a training that never beats it on the test set is
# thrown away whole, and its “result” is the constant's. So the reader of the printed number sees a network that is never
# worse than knowing nothing, whatever it has learnt. Several restarts and six learning rates, judged on the same 50 people,
# add to it.
#
# ## What the patches get
#
# The paper shows no map of α. We train `dlga` here, briefly, and look. (Half of the steps of its row, at most 300; your
# numbers will differ a little.)

# %% tags=["nbval-skip"]
pieces = {}
for name in ("train", "development", "unseen"):
    recordings = generated.partition(name)
    generated.ensure(recordings)
    faces.prepare(recordings)
    pieces[name] = clips.load(recordings, eats, trained.frames, side)
done = training.train(
    lambda: dlga.model(config, trained.scale),
    pieces["train"],
    pieces["development"],
    replace(trained, steps=max(6, min(300, trained.steps // 2))),
    seed=course.LIVE_SEED,
    eats=eats,
    learning=dlga.learning(config, trained).scores,
    device=device,
    label="dlga, for its patches",
)
unseen = pieces["unseen"]
scores = training.per_video(training.predict(done.model, unseen, done.profile, eats), unseen)
y = unseen.bdi.numpy()
constant = np.full_like(y, pieces["train"].bdi.mean().item())
print(f"step {done.selected_step}, chosen on development; {done.seconds:.0f} s")
print(f"RMSE, unseen people: {evaluation.rmse(y, scores):.2f}; constant {evaluation.rmse(y, constant):.2f}")
trained_network = done.model.module.cpu().eval()
middle = [(video, len(unseen.pixels[video]) // 2) for video in range(len(unseen))]
looked_at = eats.prepare(unseen.clips(middle, eats), False)  # one frame of each person
alpha = trained_network.attention(looked_at)[:, : dlga.PATCHES].numpy()  # [N, 24]

# %% tags=["nbval-skip"]
shown = [int(index) for index in y.argsort()[[0, len(y) // 2, -1]]]
pictures = np.stack([unseen.pixels[video][frame].permute(1, 2, 0).numpy() for video, frame in middle])[shown]
with torch.no_grad():
    single = trained_network.score(trained_network(looked_at)).numpy()
titles_of = [f"label {y[index]:.0f}, this frame {single[index]:.0f}" for index in shown]
caption = f"α of 24 patches on three unseen people, low to high label; a network trained here ({generated.title})."
drawn = draw_attention(pictures, looked_at.points.numpy()[shown], alpha[shown], titles_of)
session.figure(drawn, "dlga_alpha", caption, made_on=generated.title)

# %% [markdown]
# The pictures invite a story. Ask three things before you tell one. How much of α belongs to the *patch*, the same on
# every face? Does it follow the *label*? And does a patch with a large α matter for the *score*? For the last we switch
# the patches' ρ off, one after the other:

# %% tags=["nbval-skip"]
of_patch, of_person = alpha.mean(0).std(), alpha.std(0).mean()
print(f"α: sd between patches {of_patch:.3f}, of one patch between people {of_person:.3f}")
follows = np.array([stats.spearmanr(own, y).statistic if own.std() > 0 else 0.0 for own in alpha.T])
high, low = (alpha[y >= 29].mean(0), alpha[y < 14].mean(0)) if (y >= 29).any() and (y < 14).any() else (None, None)
strongest = np.abs(follows).argsort()[::-1][:4]
print(
    "α against the label, rank correlation, strongest patches:",
    ", ".join(f"{j + 1}: {follows[j]:+.2f}" for j in strongest),
)
if high is not None:
    print("   mean α, severe − minimal:", ", ".join(f"{j + 1}: {high[j] - low[j]:+.3f}" for j in strongest))


def without_patch(number):
    keep = torch.ones(dlga.PATCHES, 1)
    keep[number] = 0
    hook = trained_network.local.register_forward_hook(lambda part, given, made: (made[0] * keep, made[1]))
    with torch.no_grad():
        found = trained_network.score(trained_network(looked_at)).numpy()
    hook.remove()
    return found


effect = np.array([np.abs(without_patch(j) - single).mean() for j in range(dlga.PATCHES)])
order = effect.argsort()[::-1]
print(
    "points of score that a patch moves:",
    ", ".join(f"{j + 1}: {effect[j]:.2f}" for j in order[:6]),
    "…",
    f"{order[-1] + 1}: {effect[order[-1]]:.2f}",
)
print(f"α against that, over patches: rank correlation {stats.spearmanr(alpha.mean(0), effect).statistic:+.2f}")

# %% [markdown]
# Where the rank correlation of the last line is near 0, a large α does not mean a patch that counts, as (3) made us expect.
# In the generator, a high score is planted in the mouth's corners, the brows, the lids and the gaze
# ([01 · Labels and corpora](01_labels_and_corpora.ipynb)); do the patches that move the score lie there?
#
# Grad-CAM on the map, from the stored results (ours; the paper has none):

# %%
of_paper("attention")

# %% [markdown]
# ## “Outperforms most of the state of the art”
#
# The printed Tables 7 and 8, with our RMSE in the last lines; then where the paper stands in them:

# %%
for source in ("Table 7", "Table 8"):
    course.table(
        tables.beside_printed("dlga", source, results), f"{source} (Neurocomputing 2021) as printed, and our RMSE:"
    )

# %%
for source in ("Table 7", "Table 8"):
    for metric in ("RMSE", "MAE"):
        printed = papers.printed("dlga", source).query("metric == @metric").dropna(subset="value")
        own = printed.loc[printed["is_ours"], "value"].item()
        lower = printed[printed["value"] < own]
        names = ", ".join(f"{name.split('/')[0]} {value:g}" for name, value in lower[["method", "value"]].to_numpy())
        print(f"{source} (printed), {metric}: {own:g} is number {len(lower) + 1} of {len(printed)}; lower: {names}")
of_table = {
    source: papers.printed("dlga", source).query("metric == 'RMSE'").set_index("method")["value"]
    for source in ("Table 7", "Table 8")
}
for source, printed in of_table.items():
    own, baseline = printed["Proposed Approach"], printed[[name for name in printed.index if "Baseline" in name]].item()
    c3d = printed[[name for name in printed.index if "C3D" in name and "Melo" in name]].item()
    print(f"{source}: baseline − own = {baseline - own:.2f}, {1 - own / baseline:.1%} of it", end="; ")
    print(f"baseline − Melo's C3D = {baseline - c3d:.2f}")
first, second = (of_table[source]["Proposed Approach"] for source in ("Table 7", "Table 8"))
print(f"Table 8, with the {first:g} of Table 7 instead of {second:g}: {1 - first / baseline:.1%}")
other = papers.printed("distribution", "Table 3").query("is_ours and dataset == 'AVEC2014' and metric == 'MAE'")
cited = papers.printed("dlga", "Table 8").query("metric == 'MAE' and method.str.contains('ResNet-50')", engine="python")
print(f"MAE of Melo's ResNet-50 on AVEC2014: here {cited['value'].item():g}, in its own paper {other['value'].min():g}")

# %% [markdown]
# | the text says | what the tables say |
# |---|---|
# | the margin over the baseline of AVEC2013 is “5.35” | that is the margin of *another* method, Melo's C3D (E91) |
# | “6.59 MAE and 8.39 RMSE” on AVEC2014 | those are the numbers of AVEC2013 (E90) |
# | RMSE on AVEC2014 is “reduced by 23 %” | fits 8.39, not the 8.30 of the table (E91) |
# | three methods are not surpassed | true on AVEC2013; on AVEC2014 two of the three are (E99) |
# | “first study to adopt attention” | an attention pooling of 2019, “ResNet-50 + Pool”, is a rival in notebook 20 (E98) |
# | 150 clips and “100 samples” for AVEC2014 | 300 videos, 100 a partition (E95) |
#
# (The titles of its Table 1 are exchanged, E97, and a reference to Fig. 5 means Fig. 2, E80.)
#
# ## Where we differ
#
# | the paper says | we do | why | effect |
# |---|---|---|---|
# | AVEC2013 and AVEC2014 | generated corpus by default, AVEC by path | licence | numbers cannot be compared, only orders |
# | 224×224 | the same at profile paper; narrow networks on small frames at quick | two cores, no GPU | lower accuracy, same code |
# | OpenFace, frames checked by hand | dlib's 68 points, frames without them left out and counted | can be repeated | shown above |
# | 16 points “re-selected” (E72) | by elimination | not listed | none |
# | (−16, −16) on both sides (E73), letters of Fig. 3 (E74) | +16 on the right; `mouth_right="literal"` as a switch | symmetry | shown above; accuracy not measured |
# | mapping and border of patches (E75) | nearest start, clamped; `border="zero"` as a switch | not stated | shown above; accuracy not measured |
# | layers of LAL (E76) | 3×3 then 1×1, flatten, nothing shared; `lal_kernel`, `vector` as switches | not stated | parameters above; accuracy not measured |
# | 2048 (E77), dense layers (E101) | 24·64 + 512; 64 behind the pyramid, 1024 without | not derived | none |
# | one convolution named Conv6 (E78), ψ and φ (E79) | one; `gal_convs=2` as a switch | the text | not measured |
# | “top green rectangle in Fig. 5” (E80) | Fig. 2 | a slip | none |
# | 150 of 151 bins (E81), weights (E82), 1536 and 512 (E83) | first bins; ½, ¼, ⅛, ⅛; always 150; `bins`, `wspp_weights` as switches | printed total | shown above; accuracy not measured |
# | scale invariance (E84) | the control above | features, not places | measured above |
# | CMP “4×4” (E85), not stated for the face (E86) | over channels of Conv4_1, on; `cmp_on`, `cmp` as switches | sizes | not measured |
# | rate 1e-6, constant, from scratch (E87) | Adam with one cycle, from the mean of the labels; rows `lr_…` as printed | short runs | measured |
# | end on the test set, restarts (E88), two ends (E89) | step chosen on development; protocol `test-selected` on *null* | leak | measured |
# | text against tables (E90, E91, E92, E93, E94, E99) | the tables | recomputed | shown above |
# | 150 clips (E95), “facial dynamics” of one frame (E96), Table 1 (E97) | 300 videos; mean over frames | slips; not stated | – |
# | first with attention (E98), “low complexity” (E100) | noted; measured | one number | shown above |
# | no variation of the frames named | our own, with the landmarks moved along | few training people | not measured |
# | one number a row | three seeds, intervals over people | gaps are small | verdicts instead of ranks |
#
# ## Exercises
#
# Replace the `raise` line and run the cell. The checker says what is wrong. (Solutions:
# `notebooks/solutions/50_dlga.py`.)
#
# **1.** The two points beside the mouth: `landmarks` [68, 2] of a crop of `size` pixels, of which the 16 are 16/224.
# Return points 23 and 24, [2, 2], the mirrored reading.

# %%
def beside_mouth(landmarks, size):
    raise NotImplementedError  # your code here


course.check("beside_mouth", beside_mouth)


# %% [markdown]
# **2.** Cut a patch out of a map with NumPy: `features` [C, 28, 28], a landmark at `x`, `y` in a frame of 224. Return
# [C, 6, 6]; at the border, clamp.

# %%
def cut_patch(features, x, y):
    raise NotImplementedError  # your code here


course.check("cut_patch", cut_patch)


# %% [markdown]
# **3.** Equations (2) and (3) for all patches: `phi` [24, 64] and the numbers before the sigmoid, `logits` [24]. Return
# the joined vector [1536].

# %%
def weigh(phi, logits):
    raise NotImplementedError  # your code here


course.check("weigh", weigh)


# %% [markdown]
# **4.** The pyramid with NumPy: a vector `x`, the number of bins of each level `counts`, and the levels' `weights`. Return
# all bins, in the order of the levels.

# %%
def pool_list(x, counts, weights):
    raise NotImplementedError  # your code here


course.check("pool_list", pool_list)


# %% [markdown]
# **5.** How many parts does each window mix? `sizes` are the numbers of features of the parts in their order, `window`
# the length of the windows, `count` how many there are. Return a list of `count` numbers.

# %%
def mixed_parts(sizes, window, count):
    raise NotImplementedError  # your code here


course.check("mixed_parts", mixed_parts)

# %% [markdown]
# ## What you take along
#
# - Mirror a face before you believe a list of points; cut a map of coordinates before you believe a crop.
# - A patch of a map sees more than its cells. A weight between 0 and 1 is not an importance: only its product counts.
# - A pyramid needs places. Over a list of features it is a way to make it shorter, whatever it is called.
# - Count what an ablation changes besides the part that it names.
# - Rate times steps is how far a weight can go. The best value at the end of a sweep is not known to be the best.
# - Choosing the end of a training on the test set pays even where there is nothing to learn.
#
# This is the last notebook so far; back to [00 · Start here](00_start_here.ipynb), where the newest table stands.

# %%
session.end()
