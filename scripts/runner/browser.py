"""A page in a headless Chromium, for tests: opened, asked, drawn on with real input events.

It speaks the DevTools protocol through the websocket client that Jupyter brings.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import websocket

import pdf

MISSING = f"no Chromium here ({', '.join(pdf.NAMES)}, or what INKLING_CHROMIUM names)"


class Browser:
    """A Chromium with one page; a context manager."""

    def __init__(self, width: int = 1280, height: int = 900):
        program = pdf.chromium()
        if program is None:
            raise FileNotFoundError(MISSING)
        self.folder = tempfile.TemporaryDirectory(prefix="inkling-browser-", ignore_cleanup_errors=True)
        profile = Path(self.folder.name)
        command = [program, "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars", "--remote-debugging-port=0",
                   "--remote-allow-origins=*", f"--user-data-dir={profile / 'profile'}", f"--window-size={width},{height}", "about:blank"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # which root has none of; the pages are ours
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = profile / "profile" / "DevToolsActivePort"
        self.wait(lambda: port.is_file() and port.read_text().count("\n") >= 1, "Chromium starts")
        address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json"
        with urlopen(address, timeout=60) as answer:
            target = next(t for t in json.load(answer) if t["type"] == "page")
        self.socket = websocket.create_connection(target["webSocketDebuggerUrl"], timeout=300, suppress_origin=True)
        self.number, self.events = 0, []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def wait(self, holds, what: str, seconds: float = 300):
        end = time.monotonic() + seconds
        while not (value := holds()):
            if self.process.poll() is not None or time.monotonic() > end:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s, or Chromium has ended")
            time.sleep(0.05)
        return value

    def send(self, method: str, **params) -> None:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))

    def call(self, method: str, **params):
        """Sends, and waits for the answer to that; answers to what was sent before are let go."""
        self.send(method, **params)
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def open(self, path: Path) -> None:
        self.call("Page.navigate", url=Path(path).resolve().as_uri())

    def ask(self, expression: str):
        """The value of an expression in the page, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:600])
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = 300):
        return self.wait(lambda: self.ask(expression), expression, seconds)

    def mouse(self, kind: str, x: float, y: float) -> None:
        self.send("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, button="left", buttons=int(kind != "Released"), clickCount=1)

    def stroke(self, points) -> None:
        """A stroke with the mouse, in pixels of the page."""
        points = list(points)
        self.mouse("Pressed", *points[0])
        for point in points[1:]:
            self.mouse("Moved", *point)
        self.mouse("Released", *points[-1])
        self.ask("0")

    def touch(self, points) -> None:
        points = [[{"x": x, "y": y}] for x, y in points]
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=points[0])
        for point in points[1:]:
            self.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=point)
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, key: str, text: str = "", modifiers: int = 0) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key if key != " " else "Space", text=text if kind == "keyDown" else "", modifiers=modifiers)

    def picture(self, path: Path, whole: bool = True) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def look(self, width: int, height: int, dark: bool = False, media: str = "") -> None:
        """The page in a window of this size, light or dark, on screen or in print."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def said(self) -> list[str]:
        """What the console and the policy complained of, and what was asked of a network."""
        self.call("Runtime.evaluate", expression="1")  # brings what is on its way
        found = []
        for e in self.events:
            if e["method"] == "Log.entryAdded":
                found.append(e["params"]["entry"]["text"])
            elif e["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(e["params"]["exceptionDetails"])[:400])
            elif e["method"] == "Network.requestWillBeSent" and not e["params"]["request"]["url"].startswith(("file:", "data:", "blob:")):
                found.append(e["params"]["request"]["url"])
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
