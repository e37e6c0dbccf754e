"""Machines that are not this one: how to compile C for each, and how to run it under QEMU. Bare ones bring their start and their calls of the host
from tests/emulated; what they print comes back as text."""
import dataclasses
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent / "emulated"
STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror"]


@dataclasses.dataclass(frozen=True)
class Machine:
    name: str
    compiler: str
    flags: tuple  # of the core
    emulator: tuple
    start: tuple = ()  # files of a bare machine
    script: str = ""  # its linker script
    packages: str = ""  # where compiler and emulator come from

    def missing(self):
        """What is not installed, as text; empty when the machine can be used."""
        gone = [program for program in (self.compiler, self.emulator[0]) if not shutil.which(program)]
        if not gone and subprocess.run([self.compiler, *self.flags, "-fsyntax-only", "-x", "c", "-"], input="#include <string.h>\n", capture_output=True, text=True).returncode:
            gone = [f"the C library of {self.compiler}"]
        return f"{' and '.join(gone)} not installed (Debian: {self.packages}; ./dev setup)" if gone else ""

    def compile(self, source, object_file, folder, *flags):
        """One file of the network, every warning an error."""
        _run([self.compiler, *STRICT, *self.flags, *flags, "-c", source, "-o", object_file], folder)

    def link(self, sources, program, folder, *flags):
        host = [HERE / f for f in ("host_bare.c", *self.start)] if self.start else [HERE / "host_stdio.c"]
        place = ["-nostartfiles", "-T", HERE / self.script] if self.start else ["-static"]
        _run([self.compiler, "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-fno-builtin-printf", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", *self.flags,
              f"-I{HERE}", "-I.", *flags, *place, *sources, *host, "-o", program, "-lm"], folder)

    def run(self, program, folder, plugin=None, timeout=600):
        """(stdout, stderr); AssertionError where the program's status is not 0."""
        extra = ["-plugin", str(plugin)] if plugin else []
        kernel = ["-kernel", program] if self.start else [f"./{program}"]
        done = subprocess.run([self.emulator[0], *self.emulator[1:], *extra, *kernel], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"{self.name}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout, done.stderr


def _run(command, folder):
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr[-3000:]}"


_ARM = "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
_BARE = ("-display", "none", "-monitor", "none", "-serial", "none", "-chardev", "stdio,id=host", "-semihosting-config", "enable=on,target=native,chardev=host")
CORTEX_M4 = Machine("Cortex-M4", "arm-none-eabi-gcc", ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"), ("qemu-system-arm", "-M", "mps2-an386", *_BARE), ("cortex_m.c",), "mps2_an386.ld", _ARM)
CORTEX_M4F = dataclasses.replace(CORTEX_M4, name="Cortex-M4F", flags=("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"))
CORTEX_M55 = Machine("Cortex-M55", "arm-none-eabi-gcc", ("-mcpu=cortex-m55+nomve+nofp", "-mthumb", "-mfloat-abi=soft"), ("qemu-system-arm", "-M", "mps3-an547", *_BARE), ("cortex_m.c",), "mps3_an547.ld", _ARM)
# The same core with what its compiler makes of Helium (vectors of integers) and the floating-point unit.
CORTEX_M55_HELIUM = dataclasses.replace(CORTEX_M55, name="Cortex-M55 with Helium", flags=("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard", "-ftree-vectorize"))
RISCV32 = Machine("RISC-V rv32imac", "riscv64-unknown-elf-gcc", ("--specs=picolibc.specs", "-march=rv32imac", "-mabi=ilp32"), ("qemu-system-riscv32", "-M", "virt", "-bios", "none", *_BARE),
                  ("riscv.c",), "riscv_virt.ld", "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc")
POWERPC = Machine("PowerPC, big-endian", "powerpc-linux-gnu-gcc", (), ("qemu-ppc",), packages="gcc-powerpc-linux-gnu libc6-dev-powerpc-cross qemu-user")
MACHINES = (CORTEX_M4, CORTEX_M55, CORTEX_M55_HELIUM, RISCV32, POWERPC)
