"""A headless Chromium, by its DevTools protocol; and a real JupyterLab for it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import nbformat
import websocket
from conftest import WATCHDOG, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1200,1000 "
    "--remote-debugging-port=0 --remote-allow-origins=* about:blank"
)
LAB = (
    "--no-browser --ip=127.0.0.1 --port=0 --allow-root --IdentityProvider.token= --LabApp.expose_app_in_browser=True "
    "--LabApp.extension_manager=readonly --ServerApp.log_level=ERROR"
)


class Browser:
    """A headless Chromium that opens pages, evaluates scripts, and takes pictures."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM, "Chromium is wanted, and not installed"
        self.process = subprocess.Popen(
            [CHROMIUM, f"--user-data-dir={profile}", *FLAGS.split()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port_file = profile / "DevToolsActivePort"
        wait_until(lambda: port_file.exists() and "\n" in port_file.read_text())
        port = port_file.read_text().split("\n")[0]
        with urlopen(f"http://127.0.0.1:{port}/json") as answer:
            page = next(page for page in json.load(answer) if page["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=WATCHDOG)
        self._number = 0

    def open(self, url: str) -> None:
        assert "errorText" not in self.call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, script: str, seconds: float = WATCHDOG) -> Any:
        """Wait until a script has a value that is true; give it. A page that is just loading has none."""
        until = time.monotonic() + seconds
        while True:
            result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
            if (value := result.get("result", {}).get("value")) and "exceptionDetails" not in result:
                return value
            assert time.monotonic() < until, f"it did not come: {script}: {result}"
            time.sleep(0.05)

    def resize(self, width: int, height: int = 1000, *, dark: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def picture(self, path: Path, clip: dict[str, float] | None = None) -> None:
        part = {} if clip is None else {"clip": clip}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **part)["data"]))

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self.socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def close(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.wait()


class Lab:
    """A JupyterLab server of its own, with a folder of notebooks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "notebooks"
        self.folder.mkdir(parents=True)
        settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        homes = {
            name: str(folder / name.lower()) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *LAB.split(), f"--ServerApp.root_dir={self.folder}"],
            env={**os.environ, **homes, "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        runtime = folder / "jupyter_runtime_dir"
        wait_until(lambda: any(runtime.glob("jpserver-*.json")))
        (facts,) = runtime.glob("jpserver-*.json")
        wait_until(lambda: bool(facts.read_text()))
        self.url = json.loads(facts.read_text())["url"]

    def write(self, name: str, *cells: str) -> None:
        notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.folder / name)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(WATCHDOG)


class Notebook:
    """A notebook in JupyterLab in a browser."""

    def __init__(self, lab: Lab, browser: Browser, name: str) -> None:
        self.lab, self.browser, self.name = lab, browser, name
        self._panel = f"[...window.jupyterapp.shell.widgets('main')].find(one => one.context?.path == {name!r})"
        self.load()

    def load(self) -> None:
        """Load the page, or load it again."""
        self.browser.open("about:blank")
        self.browser.open(f"{self.lab.url}doc/tree/{self.name}?reset")
        self.wait_idle()
        self.browser.evaluate("window.jupyterapp.shell.collapseLeft(); true")

    def wait_idle(self) -> None:
        """Wait until no code is running."""
        ready = "panel?.context?.isReady && panel.sessionContext.session?.kernel?.status == 'idle'"
        self.browser.wait_for(f"((panel) => Boolean({ready}))({self._panel})", 3 * WATCHDOG)  # it loads megabytes

    def start(self, cell: int) -> None:
        """Run a cell, and do not wait."""
        choose = f"window.jupyterapp.shell.activateById(panel.id); panel.content.activeCellIndex = {cell}"
        self.browser.evaluate(f"((panel) => {{ {choose} }})({self._panel})")
        self.browser.evaluate("window.jupyterapp.commands.execute('notebook:run-cell'); true")

    def run(self, cell: int) -> None:
        """Run a cell, and wait until its code has ended."""
        self.start(cell)
        busy = f"((panel) => panel.content.widgets[{cell}].model.executionCount)({self._panel})"
        self.browser.wait_for(busy)
        self.wait_idle()

    def printed(self, code: str) -> str:
        """Run code that is in no cell; give what it prints."""
        script = """(async (kernel) => {
            let text = "";
            const run = kernel.requestExecute({code: %s, store_history: false});
            run.onIOPub = (one) => { text += one.content.text || one.content.evalue || ""; };
            await run.done;
            return text;
        })(%s.sessionContext.session.kernel)"""
        return self.browser.evaluate(script % (json.dumps(code), self._panel))

    def command(self, name: str, cell: int) -> None:
        """Execute a command of JupyterLab for a cell."""
        choose = f"window.jupyterapp.shell.activateById(panel.id); panel.content.activeCellIndex = {cell}"
        self.browser.evaluate(f"((panel) => {{ {choose} }})({self._panel})")
        self.browser.evaluate(f"window.jupyterapp.commands.execute({name!r}); true")

    def save(self) -> Any:
        """Save the notebook; give what the file has."""
        self.browser.evaluate(f"{self._panel}.context.save().then(() => true)")
        return nbformat.read(self.lab.folder / self.name, as_version=4)
