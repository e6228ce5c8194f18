"""The process that the embedded model runs in; started by local.py, and nothing that a person calls.

A crash of llama.cpp ends this process alone. The first line on standard input says what to serve (a key among the
arguments would show in `ps`); when that input ends, the parent is gone or wants it gone, and so is this process.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    options = json.loads(sys.stdin.readline())
    server = _start(options)
    sys.stdin.read()
    del server
    os._exit(0)  # whatever threads are left


def _start(options: dict[str, Any]) -> Any:
    """The measured settings of research/llm.md 4. Two slots: one for replies, one for assessments."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options["path"]
    params.model_alias = {options["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = options["port"]
    params.api_keys = [options["api_key"]]  # without one, any web page could use the server: CORS lets all in
    params.cors_credentials = False
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 2  # warnings: each request would add half a kilobyte to the log
    params.n_parallel = 2
    params.n_ctx = options["n_ctx"]
    params.cache_ram_mib = 512  # the default is 8 GiB
    params.cpuparams.n_threads = options["threads"]
    params.cpuparams_batch.n_threads = options["threads"]
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
