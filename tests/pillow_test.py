"""Decoding, resizing, cropping and preprocessing against Pillow and against torchvision's formulas.

Bit-exact: PNG of every kind (16-bit gray apart: galet keeps the high byte, Pillow clips), gray, colour and CMYK JPEG, baseline and progressive, resize, crop,
and the whole of preprocessing (its float32 steps are torchvision's: / 255, - mean, / std). JPEG pixels are compared bit by bit too; another libjpeg inside Pillow could move a pixel by one step, which the test would say.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print(f"SKIPPED pillow_test: {missing}; ./dev setup installs it")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = pathlib.Path(os.environ.get("GALET_BUILD", ROOT / "build")) / "galet_data_dump"
MEAN = np.array([0.485, 0.456, 0.406], np.float32).reshape(3, 1, 1)
STD = np.array([0.229, 0.224, 0.225], np.float32).reshape(3, 1, 1)


def picture(rng, width, height):
    """Smooth shapes, edges and noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 80 * np.sin(x / rng.uniform(3, 20) + rng.uniform(0, 6)) + 60 * ((x * rng.uniform(-1, 1) + y) // 9 % 2) for _ in range(3)]
    return np.clip(np.stack(planes, 2) + rng.normal(0, 12, (height, width, 3)), 0, 255).astype(np.uint8)


class Script:
    """Operations for one run of the tool, with what each must give."""

    def __init__(self, folder):
        self.folder, self.lines, self.checks = folder, [], []

    def add(self, text, wanted, what):
        out = self.folder / f"{len(self.lines)}.npy"
        self.lines.append(f"{text} {out}")
        self.checks.append((out, wanted, what))

    def run(self):
        subprocess.run([TOOL, "script"], input="\n".join(self.lines) + "\n", text=True, check=True)
        worst = {}
        for out, wanted, what in self.checks:
            error = pathlib.Path(f"{out}.error")
            assert not error.exists(), f"{what}: {error.read_text()}"
            found = np.load(out)
            assert found.shape == wanted.shape and found.dtype == wanted.dtype, f"{what}: {found.shape} {found.dtype}, wanted {wanted.shape} {wanted.dtype}"
            difference = float(np.abs(found.astype(np.float64) - wanted.astype(np.float64)).max())
            kind = what.split(":")[0]
            count, most = worst.get(kind, (0, 0.0))
            worst[kind] = (count + 1, max(most, difference))
        for kind, (count, most) in worst.items():
            print(f"{kind}: {count} comparisons, largest difference {most:g}")
        assert all(most == 0 for _, most in worst.values())


def stretched(image, w, h):
    """Image.resize in the order of passes of Pillow 13, whatever Pillow this is."""
    if h < image.height and image.height - h > 2 * (image.width - w):
        image = image.resize((image.width, h), Image.BILINEAR)
    return image.resize((w, h), Image.BILINEAR)


def resized(image, side):
    """torchvision's Resize(side) on a PIL image."""
    w, h = image.size
    short, long = min(w, h), max(w, h)
    other = int(side * long / short)
    return stretched(image, *((side, other) if w <= h else (other, side)))


def cropped(image, width, height):
    """torchvision's CenterCrop on a PIL image."""
    w, h = image.size
    if width > w or height > h:
        pad_x, pad_y = max(width - w, 0) // 2, max(height - h, 0) // 2
        canvas = Image.new(image.mode, (max(width, w), max(height, h)))
        canvas.paste(image, (pad_x, pad_y))
        image, (w, h) = canvas, canvas.size
    left, top = int(round((w - width) / 2.0)), int(round((h - height) / 2.0))
    return image.crop((left, top, left + width, top + height))


def preprocessed(image, resize, crop_h, crop_w, order, c, h, w):
    if resize:
        image = resized(image, resize)
    if crop_w:
        image = cropped(image, crop_w, crop_h)
    if image.size != (w, h):
        image = stretched(image, w, h)
    if order == "gray":
        planes = np.repeat(np.asarray(image.convert("L"))[None], c, 0)
    else:
        planes = np.asarray(image).transpose(2, 0, 1)[:: -1 if order == "bgr" else 1]
    return ((planes.astype(np.float32) / np.float32(255) - MEAN[:c]) / STD[:c])[None]


def made_images(folder, rng):
    """(path, what) of every kind of file."""
    for n, (w, h) in enumerate([(32, 32), (57, 41), (8, 100), (1, 1), (120, 7), (33, 64)]):
        colour = Image.fromarray(picture(rng, w, h))
        for kind, image, options in [
            ("jpeg 420", colour, {"quality": 85}), ("jpeg 444", colour, {"quality": 92, "subsampling": 0}), ("jpeg 422", colour, {"quality": 70, "subsampling": 1}),
            ("jpeg progressive", colour, {"quality": 80, "progressive": True}), ("jpeg gray", colour.convert("L"), {"quality": 90}), ("jpeg cmyk", colour.convert("CMYK"), {"quality": 95}),
            ("png rgb", colour, {}), ("png rgba", colour.convert("RGBA"), {}), ("png gray", colour.convert("L"), {}), ("png gray alpha", colour.convert("LA"), {}),
            ("png palette", colour.convert("P"), {}), ("png palette 4 bit", colour.quantize(9), {"bits": 4}), ("png palette transparent", colour.quantize(20), {"transparency": 3}),
            ("png 1 bit", colour.convert("1"), {}),
        ]:
            path = folder / f"{n}-{kind.replace(' ', '_')}.{'jpg' if kind.startswith('jpeg') else 'png'}"
            image.save(path, **options)
            yield path, kind


def main():
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        script = Script(folder)
        for path, kind in made_images(folder, rng):
            script.add(f"decode {path}", np.asarray(Image.open(path).convert("RGB")), f"decode {kind}: {path.name}")
        deep = (np.arange(4 * 6).reshape(4, 6) * 2800).astype(np.uint16)
        Image.fromarray(deep).save(folder / "deep.png")
        script.add(f"decode {folder / 'deep.png'}", np.repeat((deep >> 8).astype(np.uint8)[..., None], 3, 2), "decode png 16 bit gray (high byte): deep.png")

        sources = []
        for n, (w, h) in enumerate([(50, 37), (224, 150), (9, 300), (2, 2)]):
            path = folder / f"source{n}.png"
            Image.fromarray(picture(rng, w, h)).save(path)
            sources.append((path, Image.open(path).convert("RGB")))
        for path, image in sources:
            for w, h in [(32, 32), (1, 1), (200, 10), (11, 173), (image.width, 20), (20, image.height), (image.width * 3, image.height * 2)]:
                script.add(f"resize {path} {w} {h}", np.asarray(stretched(image, w, h)), f"resize: {path.name} {w}x{h}")
            for w, h in [(7, 8), (8, 7), (40, 40), (51, 301)]:
                script.add(f"crop {path} {w} {h}", np.asarray(cropped(image, w, h)), f"crop: {path.name} {w}x{h}")

        shared = [pathlib.Path(os.environ.get("GALET_DATA", ROOT.parent / "data")) / p for p in ["cifar10_jpeg/test", "imagenet_sample"]]
        for place, limit in zip(shared, (60, 25)):
            files = sorted(place.rglob("*.jpg"))
            if not files:
                print(f"SKIPPED within pillow_test: no images under {place} (set GALET_DATA)")
            sources += [(p, Image.open(p).convert("RGB")) for p in files[:: max(1, len(files) // limit)]]
        for path, image in sources[4:]:
            script.add(f"decode {path}", np.asarray(image), f"decode of shared JPEGs: {path}")
        for path, image in sources:
            for settings in [(256, 224, 224, "rgb", 3, 224, 224), (0, 0, 0, "bgr", 3, 32, 32), (40, 32, 32, "gray", 1, 32, 32), (0, 50, 60, "gray", 3, 48, 64)]:
                if max(image.size) / min(image.size) > 20 and settings[0] == 256:
                    continue
                script.add(f"preprocess {path} {' '.join(map(str, settings))}", preprocessed(image, *settings), f"preprocess: {path} {settings}")
        script.run()


if __name__ == "__main__":
    main()
