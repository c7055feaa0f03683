"""Take pictures of the live view for the docs: ``python docs/pictures/live.py``.

Each is of a stream that runs in a real JupyterLab, in a headless Chromium. Both are needed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent.parent / "tests"))

from browser import Browser, Lab, Notebook  # noqa: E402 - the tests' own

CLIPS = HERE.parent.parent / "notebooks" / "clips"
SETUP = f"""
import rxvlm
cars = r"{CLIPS / "cars.mp4"}"
opencv = rxvlm.models.opencv()
def say(clip, prompt):
    time = f"{{clip.source}}, second {{clip.end:g}}"
    if clip.source == "gate":
        return f"**A van** waits at the gate ({{time}}).\\n- the barrier is down\\n- nobody is on foot"
    return f"A person crosses the {{clip.source}} with a parcel ({{time}})."
model = rxvlm.vlm_from(say, name="scripted")
"""
FILM = "rxvlm.show(rxvlm.watch(cars, opencv, every=3.0, pace=2.0))"
CAMERAS = """rxvlm.show(rxvlm.watch_all({
    "door": "rtsp://127.0.0.1:1/door", "gate": "demo:gate", "yard": "demo:yard",
}, model, every=2.0), height=400)"""
THEME = "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab %s'}).then(() => true)"
ROWS = "document.querySelectorAll('.rxvlm-live .row').length >= %d"
OPEN = "document.querySelectorAll('.rxvlm-live .camera-head')[1].click()"
PLAY = "document.querySelectorAll('.rxvlm-live .row')[1].querySelectorAll('.picture')[1].click()"
PLAYS = "[...document.querySelectorAll('video')].some((one) => one.readyState > 2 && one.currentTime > 1)"
WHERE = """(() => {
    const view = document.querySelector(".rxvlm-live");
    view.scrollIntoView({block: "center"});
    const {x, y, width, height} = view.getBoundingClientRect();
    return {x: x - 8, y: y - 8, width: width + 16, height: height + 16, scale: 1};
})()"""


def main() -> None:
    """Take the pictures."""
    with TemporaryDirectory() as work:
        lab, browser = Lab(Path(work, "lab")), Browser(Path(work, "chromium"))
        browser.resize(1100)
        lab.write("live.ipynb", SETUP, FILM, CAMERAS)
        book = Notebook(lab, browser, "live.ipynb")
        book.run(0)
        book.run(1)
        browser.wait_for(ROWS % 4)
        take(browser, "live-film")
        browser.evaluate(f"{PLAY}; true")
        browser.wait_for(PLAYS)
        take(browser, "live-clip")
        browser.resize(480)
        take(browser, "live-narrow")
        browser.resize(1100)
        book.command("notebook:clear-cell-output", 1)
        browser.evaluate(THEME % "Dark")
        book.run(2)
        browser.wait_for(ROWS % 5)
        browser.evaluate(f"{OPEN}; true")
        take(browser, "live-cameras")
        browser.close()
        lab.close()


def take(browser: Browser, name: str) -> None:
    """Write a picture of the view as WebP."""
    browser.evaluate("document.fonts.ready.then(() => true)")
    path = HERE / f"{name}.png"
    browser.picture(path, browser.evaluate(WHERE))
    data = cv2.imencode(".webp", cv2.imread(str(path)), [cv2.IMWRITE_WEBP_QUALITY, 80])[1]
    path.unlink()
    (HERE / f"{name}.webp").write_bytes(data)
    print(f"{name}: {len(data) // 1000} kB")  # noqa: T201 - the report of this script


if __name__ == "__main__":
    main()
