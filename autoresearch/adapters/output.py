"""What is kept of a command's output, whatever it writes: the beginning, the end, and how much there was.

Runs in the warden: standard library only.
"""

import io

KEEP = 1 << 20  # bytes kept of the beginning of the output, and as many of its end
STDOUT_CAP = 16 << 20  # bytes kept of a standard output that has a file of its own
CHUNK = 1 << 16


class Log:
    """The merged output: its beginning as it comes, its end when it is over, the middle only counted."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self.file = file
        self.total = self.head = 0
        self.tail = bytearray()
        self.inside_line = False

    def write(self, data: bytes) -> None:
        self.total += len(data)
        room = max(0, KEEP - self.head)
        if room < len(data):  # cut between two lines, so that no number is cut in two
            room = room and (data.find(b"\n", room - 1) + 1 or len(data))
        self.head += len(data[:room])
        self._put(data[:room])
        self.tail += data[room:]
        if len(self.tail) > 2 * KEEP:
            del self.tail[:-KEEP]

    def finish(self) -> None:
        """Writes the end of the output, after a line that counts what is left out before it."""
        del self.tail[:-KEEP]
        if self.total > self.head + len(self.tail):
            del self.tail[: self.tail.find(b"\n", 0, CHUNK) + 1]
            self.note(f"[… {self.total - self.head - len(self.tail):,} bytes left out …]")
        self._put(self.tail)

    def note(self, text: str) -> None:
        """A line of our own."""
        start = "\n" if self.inside_line else ""
        self._put(f"{start}{text}\n".encode("utf-8", "surrogateescape"))

    def _put(self, data: bytes | bytearray) -> None:
        if data:
            self.file.write(data)
            self.file.flush()
            self.inside_line = not data.endswith(b"\n")


class Stdout:
    """A standard output with a file of its own: its first `STDOUT_CAP` bytes, the rest only counted."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self.file = file
        self.total = 0

    def write(self, data: bytes) -> None:
        self.file.write(data[: max(0, STDOUT_CAP - self.total)])
        self.total += len(data)
