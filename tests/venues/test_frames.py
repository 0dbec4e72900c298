"""Frames of every kind and size, there and back over real sockets, to readers of other makes."""

import json
import os

import pytest

import run
import standin


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return standin.make_certificates(tmp_path_factory.mktemp("certificates"), ["DNS:localhost"])


async def echo(socket, _path):
    async for message in socket:
        await socket.send(message)


def configuration(folder, authority, **options):
    path = folder / "pawl.json"
    path.write_text(json.dumps({
        "host": {"instance": 7, "data_dir": str(folder / "data"), "log": {"level": "info"},
                 "net": {"ca_file": str(authority)}},
        "plugins": [{"name": "probe", "so": str(run.PLUGINS / "probe.so"),
                     "grants": {"net": ["localhost:*"]}, "options": options}]}))
    return path


@pytest.mark.parametrize("framing,tls", [("u32be", False), ("line", False), ("message", False),
                                         ("message", True)])
def test_there_and_back(tmp_path, certificates, framing, tls):
    authority, *pair = certificates
    with standin.StandIn(*(pair if tls else ())) as server:
        server.on_stream = echo
        port = {"u32be": server.frames_port, "line": server.lines_port,
                "message": server.stream_port}[framing]
        config = configuration(tmp_path, authority, port=port, framing=framing, tls=tls,
                               count=2000, size_max=65535)
        with run.Run(config) as running:
            running.wait(lambda: "echoed 2000" in "".join(running.log), 90)
            assert "plugin_failed" not in json.dumps(running.events)
            assert "waited 0 times" not in "".join(running.log)  # the queue was full, and went on


@pytest.mark.skipif("asan" in run.PROGRAM, reason="AddressSanitizer keeps what is freed")
def test_memory_and_descriptors_stay(tmp_path, certificates):
    authority, _, _ = certificates
    count = int(os.environ.get("PAWL_SOAK_FRAMES", "100000"))
    with standin.StandIn() as server:
        server.on_stream = echo
        config = configuration(tmp_path, authority, port=server.frames_port, framing="u32be",
                               count=count, size_max=3000)
        with run.Run(config) as running:
            # the history of the control socket fills first
            running.wait(lambda: running.process.poll() is None and
                         server.frames_seen > count * 6 // 10, 300)
            before, handles = running.resident_kib(), running.descriptors()
            running.wait(lambda: f"echoed {count}" in "".join(running.log), 600)
            assert running.resident_kib() - before < 2048
            assert running.descriptors() == handles
