"""Signs in at a running demo with an account of a kind and prints the token. Takes the path of demo.json and the kind."""

import json
import sys

import requests

with open(sys.argv[1], encoding="utf-8") as file:
    demo = json.load(file)
facility = demo["facilities"][0]
account = next(it for it in facility["accounts"] if it["kind"] == sys.argv[2])
answer = requests.post(
    demo["center"]["api"] + "/v1/sessions",
    json={"account": account["id"], "password": account["password"], "force": True},
    cert=(facility["cert"], facility["key"]),
    verify=demo["center"]["ca"],
    timeout=30,
)
answer.raise_for_status()
print(answer.json()["token"])
