"""Writes golden.json: what scipy.ndimage says about the transforms of this package.

    pip install numpy scipy && python golden.py

Coordinates: x to the right, y down, about the centre of the image; scipy's
arrays are indexed [y, x]. The matrices are built here from the words of the
documentation, not from the Go code.
"""
import json
import numpy as np
import scipy
from scipy import ndimage

H, W = 11, 9
rng = np.random.default_rng(5)
image = (255 * ndimage.gaussian_filter(rng.random((H, W)) > 0.6, 0.7, output=float)).astype(np.uint8)
image[0, :4] = 255  # ink at the border
image[5:, W - 1] = 200
x = image / 255.0


def flat(a):
    return [round(float(v), 7) for v in np.asarray(a).ravel()]


def affine(dx=0, dy=0, rotate=0, scale=1, shear=0):
    r, k = np.radians(rotate), np.tan(np.radians(shear))
    lean = np.array([[1, -k], [0, 1]])  # an upright line leans to the right: small y goes to large x
    turn = np.array([[np.cos(r), np.sin(r)], [-np.sin(r), np.cos(r)]])  # counter-clockwise, y down
    forward = turn @ lean * scale  # of (x, y)
    back = np.linalg.inv(forward)
    c, d = np.array([(W - 1) / 2, (H - 1) / 2]), np.array([dx, dy])
    offset = c - back @ (c + d)
    flip = np.array([[0, 1], [1, 0]])  # to (y, x)
    out = ndimage.affine_transform(x, flip @ back @ flip, offset[::-1], order=1, mode="grid-constant", cval=0)
    return {"DX": dx, "DY": dy, "Rotate": rotate, "Scale": scale, "Shear": shear, "Out": flat(out)}


cases = [
    affine(),
    affine(dx=2, dy=-3),
    affine(dx=0.25, dy=1.75),
    affine(rotate=10),
    affine(rotate=-90),
    affine(rotate=33, dx=-1.5),
    affine(scale=1.3),
    affine(scale=0.6, dy=2),
    affine(shear=20),
    affine(shear=-35, rotate=12, scale=0.9, dx=1.2, dy=-0.7),
]

right = 3 * ndimage.gaussian_filter(rng.uniform(-1, 1, (H, W)), 1.5)
down = 3 * ndimage.gaussian_filter(rng.uniform(-1, 1, (H, W)), 1.5)
alpha = 2.5
yy, xx = np.mgrid[:H, :W]
elastic = ndimage.map_coordinates(x, [yy + alpha * down, xx + alpha * right], order=1, mode="grid-constant", cval=0)

N = 24
noise = rng.uniform(-1, 1, (N, N))
smooth = [{"Sigma": s, "Out": flat(ndimage.gaussian_filter(noise, s, mode="wrap", truncate=4.0))} for s in (1.0, 2.0, 2.7)]

cross = ndimage.generate_binary_structure(2, 1)


def thicken(t):
    out, morph = x, (ndimage.grey_dilation if t > 0 else ndimage.grey_erosion)
    left = abs(t)
    while left > 0:
        share = min(left, 1)
        out = (1 - share) * out + share * morph(out, footprint=cross, mode="constant", cval=0)
        left -= 1
    return {"T": t, "Out": flat(out)}


json.dump(
    {
        "Source": f"scipy {scipy.__version__}, numpy {np.__version__}",
        "H": H,
        "W": W,
        "Image": image.ravel().tolist(),
        "Affine": cases,
        "Elastic": {"Alpha": alpha, "Right": flat(right), "Down": flat(down), "Out": flat(elastic)},
        "Smooth": {"N": N, "Noise": flat(noise), "Cases": smooth},
        "Thick": [thicken(t) for t in (1, -1, 0.3, -0.6, 1.5, 2)],
    },
    open("golden.json", "w"),
    separators=(",", ":"),
)
