"""A real RTSP server: GStreamer's, with a film that is sent for ever without being encoded again.

Run by the system's python3, which has the bindings: ``gst_server.py PORT FILM [USER:PASSWORD] [digest | CERTIFICATE]``.
It asks for a Basic login, or for a Digest one; with a certificate it speaks RTSPS. It prints "ready" once it listens.
"""

from __future__ import annotations

import sys
from itertools import count, pairwise
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")

from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - gi wants versions first

READ = "filesrc location={} ! qtdemux ! h264parse config-interval=-1 ! {} ! appsink name=end sync=false"
FORM = "video/x-h264,stream-format=byte-stream,alignment=au"
SEND = (
    f"appsrc name=film is-live=true format=time caps={FORM} ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1"
)


def pictures(path: str) -> list[tuple[bytes, int]]:
    """Read the compressed pictures of a film without B-frames, each with the nanoseconds that it stands."""
    pipeline = Gst.parse_launch(READ.format(path, FORM))
    end = pipeline.get_by_name("end")
    pipeline.set_state(Gst.State.PLAYING)
    read: list[tuple[bytes, int]] = []
    while (sample := end.emit("pull-sample")) is not None:
        buffer = sample.get_buffer()
        read.append((buffer.extract_dup(0, buffer.get_size()), buffer.pts))
    pipeline.set_state(Gst.State.NULL)
    lengths = [after - time for (_, time), (_, after) in pairwise(read)]
    return [(data, length) for (data, _), length in zip(read, [*lengths, lengths[-1]], strict=True)]


class Camera(GstRtspServer.RTSPMediaFactory):
    """Gives every client the film from its beginning, again and again."""

    def __init__(self, film: list[tuple[bytes, int]]) -> None:
        super().__init__()
        self._film = film
        self.set_shared(True)

    def do_create_element(self, _url: object) -> Any:
        element = Gst.parse_bin_from_description(SEND, ghost_unlinked_pads=False)
        numbers, clock = count(), [0]

        def send_next(source: Any, _bytes: int) -> None:
            data, length = self._film[next(numbers) % len(self._film)]
            buffer = Gst.Buffer.new_wrapped(data)
            buffer.pts = buffer.dts = clock[0]
            buffer.duration = length
            clock[0] += length
            source.emit("push-buffer", buffer)

        element.get_by_name("film").connect("need-data", send_next)
        return element


def lock(auth: Any, camera: Camera, user: str, password: str, *, digest: bool) -> None:
    """Let only one user look."""
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", user)
    if digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    rights = GstRtspServer.RTSPPermissions()
    for right in ("access", "construct"):
        rights.add_permission_for_role(user, f"media.factory.{right}", True)  # noqa: FBT003 - GStreamer's way
    camera.set_permissions(rights)


def main(port: str, path: str, login: str = "", how: str = "") -> None:
    Gst.init(None)
    server, camera = GstRtspServer.RTSPServer(), Camera(pictures(path))
    server.set_address("127.0.0.1")
    server.set_service(port)
    auth = GstRtspServer.RTSPAuth()
    if login:
        lock(auth, camera, *login.split(":"), digest=how == "digest")
        server.set_auth(auth)
    if how and how != "digest":
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(how))
    server.get_mount_points().add_factory("/cam", camera)
    if not server.attach(None):
        raise SystemExit(f"port {port} is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
