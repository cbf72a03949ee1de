"""The part of ./scripts/lab that needs Jupyter: JupyterLab that only this machine's user can reach.

Whatever a configuration file says, it starts only as it has to be: on
127.0.0.1, with a token, no sockets but its own. The machine's own Jupyter
settings are not read.
"""

from __future__ import annotations

import contextlib
import html
import ipaddress
import json
import os
import signal
import sys
from pathlib import Path

import jupyter_core.paths
from jupyter_client.session import DELIM
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyterlab.labapp import LabApp
from traitlets import default

import undefined
from project import JUPYTER, KERNEL


class Contents(AsyncLargeFileManager):
    """Files as they are, but a notebook of our kernel says of it what JupyterLab would write there when the kernel starts.

    Otherwise a notebook that was only opened counts as changed, on every machine whose Go is not the author's.
    """

    async def get(self, path, *args, **options):
        model = await super().get(path, *args, **options)
        if model["type"] == "notebook" and model.get("content"):
            about = model["content"]["metadata"]
            if about.get("kernelspec", {}).get("name", KERNEL) == KERNEL:
                with contextlib.suppress(OSError, ValueError, KeyError):
                    spec = json.loads((JUPYTER / "data" / "kernels" / KERNEL / "kernel.json").read_text())
                    about.update(kernel_says(spec["display_name"], os.environ["INKLING_GO"], ""))
        return model

    async def save(self, model, path=""):
        """Files stay the same on every machine, and Go is coloured as Go."""
        if model.get("type") == "notebook" and model.get("content"):
            about = model["content"].get("metadata", {})
            if about.get("kernelspec", {}).get("name") == KERNEL:
                about.update(kernel_says("Go (gonb)", "", "go"))
        return await super().save(model, path)


def kernel_says(name: str, version: str, lexer: str) -> dict:
    """What a notebook holds of its kernel: how Jupyter names it, and how GoNB answers a kernel_info request."""
    return {"kernelspec": {"name": KERNEL, "display_name": name, "language": "go"},
            "language_info": {"name": "go", "version": version, "file_extension": ".go", "mimetype": "text/x-go",
                              "pygments_lexer": lexer, "codemirror_mode": "", "nbconvert_exporter": ""}}


class Connection(ZMQChannelsWebsocketConnection):
    """What the kernel shows, with a line under an undefined name that another cell of the notebook has."""

    notebook = Path()

    async def prepare(self):
        await super().prepare()
        with contextlib.suppress(Exception):  # a kernel without a notebook, such as a console's
            session = await self.websocket_handler.session_manager.get_session(kernel_id=self.kernel_id)
            self.notebook = Path(self.websocket_handler.contents_manager.root_dir, session["path"])

    def handle_outgoing_message(self, stream, outgoing_msg):
        with contextlib.suppress(Exception):  # whatever it is, it is shown as it came
            outgoing_msg = self.explained(outgoing_msg)
        super().handle_outgoing_message(stream, outgoing_msg)

    def explained(self, message: list) -> list:
        """GoNB shows the compiler's words as HTML, in one message; all others pass as they are."""
        names, parts = self.session.feed_identities(message)
        signature, header, parent, metadata, content = parts[:5]
        if b"undefined" not in bytes(content) or self.session.unpack(header)["msg_type"] != "display_data":
            return message
        shown = self.session.unpack(content)
        said = undefined.explain(shown["data"]["text/html"], self.notebook)
        if not said:
            return message
        shown["data"]["text/html"] += f"<p>{html.escape(said)}</p>"
        changed = [header, parent, metadata, self.session.pack(shown)]
        return [*names, DELIM, self.session.sign(changed), *changed, *parts[5:]]


class LocalServerApp(ServerApp):
    @default("kernel_websocket_connection_class")
    def connection_class(self):
        return Connection

    @default("contents_manager_class")
    def contents_class(self):
        return Contents

    def write_browser_open_files(self) -> None:
        """They hold the token, so that the browser needs none: for this user's eyes only."""
        before = os.umask(0o077)
        try:
            super().write_browser_open_files()
        finally:
            os.umask(before)

    async def cleanup_kernels(self) -> None:
        """Kernels end with the server, each by its watcher (see guard.py), which lets training cells save first."""


def main(given: list[str]) -> int:
    jupyter_core.paths.SYSTEM_CONFIG_PATH[:] = []
    LabApp.serverapp_class = LocalServerApp
    server = LabApp.initialize_server(argv=given)
    wrong = misconfigured(server)
    if wrong:
        print(f"lab: JupyterLab would not be for this user alone: {wrong} (set in a configuration file of Jupyter)",
              file=sys.stderr, flush=True)
        os._exit(2)  # threads of the server that was not started keep Python from ending
    signal.signal(signal.SIGHUP, lambda number, frame: server.stop(from_signal=True))
    server.io_loop.add_callback(verify, server)  # runs right after the callback that binds
    server.start()
    return 0


def misconfigured(server) -> str:
    """What keeps a server from being local and closed, or nothing."""
    provider = server.identity_provider
    for wrong, says in [
        (server.ip != "127.0.0.1", f"ip {server.ip!r}"),
        (server.sock, f"sock {server.sock!r}"),
        (not provider.token, "no token"),
        (not provider.auth_enabled, "no authentication"),
        (server.allow_remote_access, "allow_remote_access"),
        (server.allow_origin or server.allow_origin_pat, "allow_origin"),
        (server.disable_check_xsrf, "disable_check_xsrf"),
    ]:
        if wrong:
            return says
    return ""


def verify(server) -> None:
    """Ends the server if it listens anywhere but here."""
    for listening in server.http_server._sockets.values():
        address = listening.getsockname()
        with contextlib.suppress(ValueError, TypeError, IndexError):
            if ipaddress.ip_address(address[0]).is_loopback:
                continue
        server.log.critical(f"lab: ends, because it would listen on {address}")
        server.exit(2)
