"""Recording processes and going through what they recorded."""

import json
import signal
import subprocess
import time

import pawl


def replay(recording, *words, program=None, code=0):
    done = subprocess.run([program or pawl.PROGRAM, "replay", str(recording), "--json", *words],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (done.stdout[-3000:], done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else done.stderr


def same(recording, complete=True, program=None):
    result = replay(recording, program=program)
    assert result["same"] and result["complete"] == complete, result
    return result


def drive(host):
    """Quotes, a trade, operator's commands, a reload: over the socket and by signal."""
    send = host.client()
    for i in range(20):
        send.send({"type": "quote", "symbol": "XAUUSD", "bid": "2650.00", "ask": "2650.20"})
        send.line()
        if i == 3:
            send.send({"type": "entry", "symbol": "XAUUSD", "via": "linked", "side": "BUY",
                       "quantity": "0.1", "stop": {"price": "2645"}, "ref": "gold"})
            assert send.line()["ok"]
        if i == 8:
            config = json.loads(host.config.read_text())
            config["plugins"][1]["options"] = {"take_profit_pct": "0.01"}
            host.config.write_text(json.dumps(config))
            host.process.send_signal(signal.SIGHUP)
        if i == 12:
            host.config.write_text("{")
            host.process.send_signal(signal.SIGHUP)
        if i == 14:
            assert host.ask("halt", reason="test")["ok"]
            assert host.ask("resume")["ok"]
        time.sleep(0.03)
    send.close()
