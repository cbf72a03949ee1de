"""Makes the files of testdata/tools with the tools that people use, and says in
expected.json what Pillow reads in the images. Run in this folder:

    python make.py     # numpy, Pillow, pypng (for interlaced and deep PNG), pandas

The images of a set of arrays or of a table are 4 by 4; pixel j of image i is
(31 i + 7 j) mod 256, its label i mod 3 (plus what the name of the file says)."""
import io
import json
import os
import struct

import numpy
import pandas
import PIL
import png
from PIL import Image

H, W = 6, 9
os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tools"))
y, x = numpy.mgrid[:H, :W]
grey = ((x * 28 + y * 11) % 256).astype("uint8")
rgb = numpy.dstack([grey, (255 - grey), (y * 50).astype("uint8")])
alpha = ((x + y) * 18).astype("uint8")
expected = {}


def say(name, tolerance=0):
    """What a viewer shows: upright, on white."""
    image = Image.open(name)
    image.seek(0)
    exif = image.getexif().get(0x112, 1)
    if image.mode.startswith("I"):  # Pillow clips these to 255 in convert
        image = Image.fromarray((numpy.asarray(image) // 256).astype("uint8"))
    turn = {2: [0], 3: [3], 4: [1], 5: [5], 6: [4], 7: [6], 8: [2]}.get(exif, [])
    for t in turn:
        image = image.transpose(Image.Transpose(t))
    solid = not image.has_transparency_data
    if not solid:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    pixels = numpy.asarray(image.convert("RGB"))
    expected[name] = {"h": image.height, "w": image.width, "solid": solid, "tolerance": tolerance, "rgb": pixels.flatten().tolist()}


def save(name, image, tolerance=0, **options):
    image.save(name, **options)
    say(name, tolerance)


colour = Image.fromarray(rgb)
save("grey.png", Image.fromarray(grey))
save("grey-alpha.png", Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]), 1)
save("rgb.png", colour)
save("rgba.png", Image.merge("RGBA", [*colour.split(), Image.fromarray(alpha)]), 1)
save("one-bit.png", Image.fromarray(grey > 90))
save("palette.png", colour.quantize(16))
save("palette-grey.png", Image.fromarray(grey).quantize(7))
save("palette-clear.png", colour.quantize(16), transparency=3)
save("deep.png", Image.fromarray((grey.astype("uint16") * 256 + 77)))
with open("interlaced.png", "wb") as f:
    png.Writer(W, H, greyscale=False, interlace=True).write(f, rgb.reshape(H, -1).tolist())
say("interlaced.png")
with open("deep-rgb.png", "wb") as f:
    png.Writer(W, H, greyscale=False, bitdepth=16).write(f, (rgb.astype("uint16") * 257).reshape(H, -1).tolist())
say("deep-rgb.png")
smooth = Image.fromarray(numpy.dstack([grey // 2 + 60, 200 - grey // 2, grey // 3])).resize((24, 16), Image.BILINEAR)
save("grey.jpg", smooth.convert("L"), 3, quality=95)
save("full.jpg", smooth, 6, quality=95, subsampling=0)
save("half-progressive.jpg", smooth, 40, quality=95, progressive=True)  # Go repeats halved colours, libjpeg blends them
save("cmyk.jpg", smooth.convert("CMYK"), 8, quality=98)
for turned in range(1, 9):
    exif = Image.Exif()
    exif[0x112] = turned
    save(f"turned-{turned}.jpg", smooth.convert("L"), 3, quality=95, exif=exif)
exif = Image.Exif()
exif.endian = ">"
exif[0x112] = 6
raw = io.BytesIO()
smooth.convert("L").save(raw, "JPEG", quality=95)
block = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 1, 6, 0, 0)
open("turned-6-big.jpg", "wb").write(raw.getvalue()[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + raw.getvalue()[2:])
say("turned-6-big.jpg", 3)
save("still.gif", colour.quantize(16))
save("clear.gif", colour.quantize(16), transparency=2)
colour.quantize(16).save("interlaced.gif", interlace=1)
say("interlaced.gif")
Image.fromarray(grey).save("moving.gif", save_all=True, append_images=[Image.fromarray(255 - grey)], duration=50)
say("moving.gif")
sizes = [(4, 3), (5, 5), (18, 12), (3, 20)]  # width, height
resized = [{"w": w, "h": h, "rgb": numpy.asarray(colour.resize((w, h), Image.BILINEAR)).flatten().tolist()} for w, h in sizes]
with open("expected.json", "w") as f:
    json.dump({"resized": resized, "by": f"Pillow {PIL.__version__}, numpy {numpy.__version__}, pandas {pandas.__version__}", "images": expected}, f, separators=(",", ":"))
    f.write("\n")

N, T = 96, 12
i, j = numpy.mgrid[: N + T, :16]
pixels = ((31 * i + 7 * j) % 256).astype("uint8").reshape(-1, 4, 4)
labels = numpy.arange(N + T) % 3


def arrays(name, x=pixels, y=labels, names=("x_train", "y_train", "x_test", "y_test"), save=numpy.savez):
    save(name, **dict(zip(names, [x[:N], y[:N], x[N:], y[N:]])))


arrays("bytes.npz", y=labels.astype("uint8"))
arrays("packed.npz", save=numpy.savez_compressed)
arrays("fortran.npz", x=numpy.asfortranarray(pixels), save=lambda name, **a: numpy.savez(name, **{k: numpy.asfortranarray(v) for k, v in a.items()}))
arrays("medmnist.npz", y=labels.astype("uint8")[:, None], names=("train_images", "train_labels", "test_images", "test_labels"))
arrays("floats.npz", x=(pixels / 255).astype("float32"), y=labels.astype("float64"))
arrays("halves.npz", x=pixels.astype("float16"), y=labels.astype("int16"))
arrays("big-endian.npz", x=pixels.astype(">i4"), y=labels.astype(">u2"))
arrays("hot.npz", x=pixels.reshape(-1, 16), y=numpy.eye(3)[labels])
arrays("hot-fortran.npz", x=pixels.reshape(-1, 16), y=numpy.eye(3)[labels], save=lambda name, **a: numpy.savez(name, **{k: numpy.asfortranarray(v) for k, v in a.items()}))
arrays("last.npz", x=numpy.stack([pixels, 255 - pixels, pixels // 2], 3))
arrays("first.npz", x=numpy.stack([pixels, 255 - pixels, pixels // 2], 1))
arrays("pickle.npz", y=labels.astype(object))
os.makedirs("npy", exist_ok=True)
numpy.save("npy/xtrain.npy", pixels[:N])
numpy.save("npy/ytrain.npy", labels[:N] + 5)

flat = pixels.reshape(-1, 16)
table = pandas.DataFrame(flat, columns=[f"pixel{k}" for k in range(16)])
table.insert(0, "label", labels)
os.makedirs("csv", exist_ok=True)
table[:N].to_csv("csv/train.csv", index=False)
table[N:].drop(columns="label").to_csv("csv/test.csv", index=False)
last = table[table.columns[1:].tolist() + ["label"]].copy()
last["label"] = [("ant", "bee", "fly")[k] for k in labels]
last.to_csv("last.csv", sep=";")  # with a column of row numbers
numpy.savetxt("plain.csv", numpy.column_stack([labels + 1, flat]), fmt="%d", delimiter=",")
numpy.savetxt("floats.csv", numpy.column_stack([flat / 255, labels]), delimiter=",")
