"""The part of ./scripts/lab that needs Jupyter: JupyterLab that only this machine's user can reach.

Whatever a configuration file says, it starts only as it has to be: on
127.0.0.1, with a token, no sockets but its own. The machine's own Jupyter
settings are not read.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import sys

import jupyter_core.paths
from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp


class LocalServerApp(ServerApp):
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
