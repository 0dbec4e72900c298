"""A server for tests, on loopback: TLS, REST, WebSocket, frames of four bytes of length, lines.

Certificates are made anew for each run by openssl(1): one authority, one certificate for the host
names that are asked for. Every request that arrives whole is counted; faults are set by the test.
REST is written by hand so that a reply can be cut at any byte; WebSockets are python3-websockets, a
reader and writer that shares no line with the host's.
"""

import asyncio
import pathlib
import ssl
import struct
import subprocess
import threading
import urllib.parse

import websockets


def make_certificates(folder, names):
    """(authority, certificate, key) as files; `names` like "DNS:localhost" or "IP:127.0.0.1"."""
    folder = pathlib.Path(folder)
    authority, request = folder / "ca.pem", folder / "server.csr"
    certificate, key = folder / "server.pem", folder / "server.key"
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=" + ",".join(names) + "\n")

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", folder / "ca.key", "-out", authority,
            "-subj", "/CN=test authority", "-days", "2")
    openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=test server")
    openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", folder / "ca.key",
            "-CAcreateserial", "-out", certificate, "-days", "2", "-extfile", extensions)
    return authority, certificate, key


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, self.query = target.partition("?")
        self.values = dict(urllib.parse.parse_qsl(self.query))


class StandIn:
    """Runs in a thread of its own; what handlers do, they do there."""

    def __init__(self, certificate=None, key=None):
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate, key)
        self.loop = asyncio.new_event_loop()
        self.requests = []       # every one that came whole
        self.connections = 0     # of REST
        self.streams = []        # WebSockets that are open
        self.opened = []         # their paths, of all there ever were
        self.frames_seen = 0     # of four bytes of length
        self.handle = None       # Request -> (status, headers, body) or None: close without a word
        self.on_stream = None    # coroutine of a WebSocket and its path
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.ready = threading.Event()

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._open())
        self.ready.set()
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.05))

    async def _open(self):
        def port(server):
            return server.sockets[0].getsockname()[1]

        rest = await asyncio.start_server(self._rest, "127.0.0.1", 0, ssl=self.tls)
        frames = await asyncio.start_server(self._frames, "127.0.0.1", 0)
        lines = await asyncio.start_server(self._lines, "127.0.0.1", 0, limit=1 << 20)
        stream = await websockets.serve(self._stream, "127.0.0.1", 0, ssl=self.tls,
                                        ping_interval=None)
        self.rest_port, self.stream_port = port(rest), port(stream)
        self.frames_port, self.lines_port = port(frames), port(lines)

    async def _rest(self, reader, writer):
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *rest = head.strip().split("\r\n")
                method, target, _ = first.split(" ")
                headers = {}
                for line in rest:
                    name, _, value = line.partition(":")
                    assert name.lower() not in headers, "a header twice"
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                request = Request(method, target, headers, body)
                self.requests.append(request)
                answer = self.handle(request)
                if answer is None:
                    return
                status, more, text = answer
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(text)}"]
                lines += [f"{name}: {value}" for name, value in more.items()]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + text.encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _stream(self, socket, path):
        self.streams.append(socket)
        self.opened.append(path)
        try:
            await self.on_stream(socket, path)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.streams.remove(socket)

    async def _frames(self, reader, writer):
        """Says each frame again."""
        try:
            while True:
                size, = struct.unpack(">I", await reader.readexactly(4))
                writer.write(struct.pack(">I", size) + await reader.readexactly(size))
                await writer.drain()
                self.frames_seen += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _lines(self, reader, writer):
        """Says each line again."""
        try:
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        writer.close()
