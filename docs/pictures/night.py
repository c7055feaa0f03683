"""A night in ten minutes, for docs/how-to/morning_after.md: ``python docs/pictures/night.py STORE``.

`rxvlm run` watches three cameras. One of them is killed after three minutes and comes back; the server of a model is
killed after five minutes and comes back; and a rule that wants two of three answers misses what only one of them shows.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CAMERA = """
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import cv2
from reactivex import operators as ops
from rxvlm import video

class Camera(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        video("demo:gate?fps=5").pipe(ops.do_action(self.write)).run()

    def write(self, frame):
        data = cv2.imencode(".jpg", frame.image)[1].tobytes()
        head = f"--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: {len(data)}\\r\\n\\r\\n"
        self.wfile.write(head.encode() + data + b"\\r\\n")

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", 18611), Camera).serve_forever()
"""
FILE = """
[models.eyes]
use = "opencv"
[models.local]
use = "openai:qwen2.5vl@http://127.0.0.1:18612/v1"
timeout = 5

[cameras.yard]
uri = "demo:yard?fps=5"
every = 5
model = "eyes"
[cameras.gate]
uri = "http://127.0.0.1:18611/cam"
every = 5
model = "eyes"
[cameras.street]
uri = "demo:street?fps=5"
every = 10
model = "local"

[rules.visitor]
when = "motion.share > 0.02"
cameras = ["yard", "gate"]
need = "2/3"

[store]
path = "{store}"
"""


def main(store: Path) -> None:
    """Run the night, and leave its store behind."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "night.toml"
        file.write_text(FILE.format(store=store.absolute()))
        camera, model = start("-c", CAMERA), serve()
        time.sleep(3.0)
        run = start("-m", "rxvlm", "run", str(file), "--quiet")
        time.sleep(180.0)
        camera.kill()
        time.sleep(70.0)
        camera = start("-c", CAMERA)
        time.sleep(50.0)
        model.kill()
        time.sleep(90.0)
        model = serve()
        time.sleep(210.0)
        run.send_signal(signal.SIGTERM)
        run.wait()
        camera.kill()
        model.kill()


def serve() -> subprocess.Popen[bytes]:
    """Start the server of the model."""
    said = "A car drives past; nobody is on foot."
    return start("-m", "rxvlm.testing.server", "--port", "18612", "--text", said)


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start Python with some arguments."""
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)  # noqa: S603 - our own


if __name__ == "__main__":
    main(Path(sys.argv[1]))
