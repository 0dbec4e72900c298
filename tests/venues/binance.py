"""A stand-in for Binance USD-M that knows server time, exchangeInfo, bookTicker and market orders,
and checks what it is sent: path, key, signature over the very bytes, time, an id used once."""

import asyncio
import hashlib
import hmac
import json
import time

import standin

KEY = "key-of-the-test"
SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
INFO = {
    "timezone": "UTC",
    "rateLimits": [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
        {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300}],
    "symbols": [{"symbol": name, "status": "TRADING", "pricePrecision": 2,
                 "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10"},
                             {"filterType": "LOT_SIZE", "stepSize": "0.001"}]}
                for name in ["ETHUSDT", *(f"COIN{i}USDT" for i in range(100)), "BTCUSDT"]],
}


class Binance(standin.StandIn):
    def __init__(self, *certificate):
        super().__init__(*certificate)
        self.handle, self.on_stream = self.answer, self.quotes
        self.bid, self.ask = "64000.10", "64000.20"
        self.quiet = False
        self.orders = {}    # client id -> times it came
        self.faults = []    # what the next orders meet: "close" before or after they count
        self.complaints = []

    def error(self, code, message):
        self.complaints.append(message)
        return 400, {}, json.dumps({"code": code, "msg": message})

    def answer(self, request):
        if request.path == "/fapi/v1/time":
            return 200, {}, json.dumps({"serverTime": int(time.time() * 1000)})
        if request.path == "/fapi/v1/exchangeInfo":
            return 200, {"X-MBX-USED-WEIGHT-1M": "11"}, json.dumps(INFO)
        if request.method == "POST" and request.path == "/fapi/v1/order":
            return self.order(request)
        return 404, {}, "{}"

    def order(self, request):
        values, identity = request.values, request.values.get("newClientOrderId", "")
        signed, _, signature = request.query.rpartition("&signature=")
        expected = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
        self.orders[identity] = self.orders.get(identity, 0) + 1
        if request.headers.get("x-mbx-apikey") != KEY:
            return self.error(-2015, "Invalid API-key")
        if signature != expected:
            return self.error(-1022, "Signature for this request is not valid.")
        if abs(time.time() * 1000 - int(values["timestamp"])) > 5000:
            return self.error(-1021, "Timestamp for this request is outside of the recvWindow.")
        if self.faults:
            fault = self.faults.pop(0)
            if fault == "close":
                return None
            return fault
        price = self.ask if values["side"] == "BUY" else self.bid
        return 200, {"X-MBX-ORDER-COUNT-1M": "1"}, json.dumps({
            "orderId": 22542179 + len(self.orders), "symbol": values["symbol"],
            "status": "FILLED", "clientOrderId": identity, "price": "0", "avgPrice": price,
            "origQty": values["quantity"], "executedQty": values["quantity"],
            "type": "MARKET", "side": values["side"]})

    async def quotes(self, socket, path):
        if path != "/public/ws/btcusdt@bookTicker":
            await asyncio.sleep(3600)  # the venue's way with a wrong path: silence
        number = 400900217
        while True:
            number += 1
            now = int(time.time() * 1000)
            if not self.quiet:
                await socket.send(json.dumps({
                    "e": "bookTicker", "u": number, "E": now, "T": now, "s": "BTCUSDT",
                    "ps": "BTCUSDT", "b": self.bid, "B": "31.210", "a": self.ask, "A": "40.660",
                    "st": 1}))
            await asyncio.sleep(0.02)
