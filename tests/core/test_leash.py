"""A command on a leash ends when the pipe closes, also where whoever held it is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image

from linne.core.leash import NAME
from tests.waiting import until

HOLDER = """import os, subprocess, sys
child = subprocess.Popen([sys.executable, '-m', 'linne', *sys.argv[1:]], stdin=subprocess.PIPE, start_new_session=True,
                         env={**os.environ, NAME: 'stdin'})
print(child.pid, flush=True)
child.wait()"""


def there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it went meanwhile
        return not Path("/proc/self").exists()


def test_a_command_ends_with_whoever_started_it(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "photos" / "a.png")
    words = ["studio", "photos", "--no-browser", "--overlay", "labels.csv"]
    holder = subprocess.Popen([sys.executable, "-c", HOLDER.replace("NAME", repr(NAME)), *words], cwd=tmp_path,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert holder.stdout is not None
    assert holder.stderr is not None
    child = int(holder.stdout.readline())
    line = next(line for line in holder.stderr if "open at" in line)
    assert line
    assert there(child)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    until(lambda: not there(child))
    holder.stdout.close()
    holder.stderr.close()
