"""Fills in what Jinja2 renders, under the environment that model templates are written for.

Usage: python3 make_expected.py   (rewrites the *.json files beside it; needs Jinja2 3.1)
"""
import copy
import datetime
import glob
import json
import os

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2025, 3, 7, 9, 5, 2)


class Generation(jinja2.ext.Extension):
    """{% generation %}: marks the assistant's part; it prints its body."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


class Refused(Exception):
    pass


def raise_exception(message):
    raise Refused(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda form: NOW.strftime(form)
    return env


def render(source, **variables):
    try:
        return {"expected": environment().from_string(source).render(**variables)}
    except Refused as refused:
        return {"refused": str(refused)}
    except Exception as error:
        return {"error": type(error).__name__ + ": " + str(error)}


def fill(entry, source, defaults):
    for key in ("expected", "refused", "error"):
        entry.pop(key, None)
    variables = {"tools": None, "documents": None, "add_generation_prompt": False, **defaults}
    for key in ("messages", "tools", "documents", "add_generation_prompt"):
        if key in entry:
            variables[key] = entry[key]
    entry.update(render(source, **copy.deepcopy(variables), **copy.deepcopy(entry.get("variables", {}))))


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        if "snippets" in data:
            for entry in data["snippets"]:
                fill(entry, entry["source"], {"messages": [], **data["variables"]})
        else:
            with open(path[:-5] + ".jinja", encoding="utf-8", newline="") as file:
                source = file.read()
            for entry in data["cases"]:
                fill(entry, source, {key: data[key] for key in ("bos_token", "eos_token") if key in data})
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            json.dump(data, file, ensure_ascii=False, indent=1)
            file.write("\n")


main()
