"""Holds JSON files to their schemas. Takes the folder of schemas and files; prints a line of JSON for each file: its path, and what is wrong."""

import json
import pathlib
import sys

import jsonschema_rs

schemas = pathlib.Path(sys.argv[1])
validators: dict = {}
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    # The part of the name before the first `_` names the schema.
    message = path.stem.split("_", 1)[0]
    if message not in validators:
        schema = json.loads((schemas / f"{message}.schema.json").read_text(encoding="utf-8"))
        jsonschema_rs.meta.validate(schema)
        validators[message] = jsonschema_rs.Draft202012Validator(schema)
    image = json.loads(path.read_text(encoding="utf-8"))
    wrong = [str(error.message) for error in validators[message].iter_errors(image)]
    print(json.dumps({"file": name, "wrong": wrong}))
