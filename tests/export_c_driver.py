"""What the tests of C exports share: the runtime's answers beside an export, and what a driver must know of it."""
import re
import subprocess

from galet_cli import GALET, ROOT


def answers(model, data, images, folder, fixed=False):
    """images.bin and answers.bin in `folder`: the first images of a data set as the C takes them, and what the runtime makes of them."""
    done = subprocess.run([GALET.parent / "export_c_run", model, data, str(images), folder, *(["fixed"] if fixed else [])], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def define_flags(folder, name):
    """-D flags for tests/emulated/compare_main.c."""
    header, macro = (folder / f"{name}.h").read_text(), name.upper()
    count = re.search(rf"#define ({macro}_OUT_\w+_COUNT)", header).group(1)
    kind = "float" if "(const uint8_t *image, float *" in header else "uint8_t"
    return [f'-DHEADER="{name}.h"', f"-DRUN={name}_run_image", f"-DARENA={macro}_ARENA_BYTES", f"-DIMAGE={macro}_IMAGE_HEIGHT*{macro}_IMAGE_WIDTH*{macro}_IMAGE_CHANNELS",
            f"-DCOUNT={count}", f"-DTYPE={kind}"]
