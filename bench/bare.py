"""The handler that ours is measured against: it parses the same form and answers."""

from flask import Flask, request

from clients.bitrix24.payload import parse_form

app = Flask("bare")


@app.post("/bitrix24/activities/<code>")
def take(code: str) -> str:
    parse_form(request.get_data(), content_type=request.content_type or "")
    return "ok"
