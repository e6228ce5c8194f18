"""What the environment says: where data lives and which model to use. Reads a mapping; opens no file, no connection.

    HOTSEAT_MODEL        the model's name as its server knows it; absent means that no model is used
    HOTSEAT_BASE_URL     where its server is; else OPENAI_BASE_URL; else OpenAI
    HOTSEAT_API_KEY      its key; else OPENAI_API_KEY, but only towards the URL that key belongs to; else "none"
    HOTSEAT_MODEL_SIZE   small or large, where the name misleads
    HOTSEAT_HOME         the data folder
    HOTSEAT_CHROMA_URL   a Chroma server for the search index; absent means a folder beside the data

There is no fall-back for the model's name: nobody's interview is sent to a paid service because some other tool's
variables happened to be set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from agent.errors import UsageError

OPENAI_URL = "https://api.openai.com/v1"
NO_KEY = SecretStr("none")  # local servers ask for none, the client libraries insist on one

# "1.5b", "135m", gemma's "e4b"; not "8x7b" (a mixture), "a3b" (active parameters), "4bit" or "Q4_K_M"
_PARAMETERS = re.compile(r"(?<![a-z0-9.])e?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", re.IGNORECASE)
_SMALL_BELOW = 7e9  # research/llm.md 5.3: below this a model answers the question it was told to ask


@dataclass(frozen=True)
class ModelSettings:
    model: str
    base_url: str
    api_key: SecretStr
    small: bool


@dataclass(frozen=True)
class Settings:
    home: Path
    model: ModelSettings | None
    chroma_url: str | None = None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises UsageError. No message shows a key, or a part of a URL in which a key could stand."""
    return Settings(home=_home(environ), model=_model(environ), chroma_url=_url(environ, "HOTSEAT_CHROMA_URL"))


def looks_small(name: str) -> bool:
    """Whether the name tells of fewer than 7B parameters. A name without a count is taken for a large model."""
    counts = [float(number) * (1e9 if unit in "bB" else 1e6) for number, unit in _PARAMETERS.findall(name)]
    return bool(counts) and max(counts) < _SMALL_BELOW


def _home(environ: Mapping[str, str]) -> Path:
    if named := environ.get("HOTSEAT_HOME", "").strip():
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("hotseat", appauthor=False))


def _model(environ: Mapping[str, str]) -> ModelSettings | None:
    name = environ.get("HOTSEAT_MODEL")
    if name is None:
        return None
    if not (name := name.strip()):
        raise UsageError("HOTSEAT_MODEL is blank: name a model, or unset it to work without one")
    url = _url(environ, "HOTSEAT_BASE_URL") or _url(environ, "OPENAI_BASE_URL") or OPENAI_URL
    return ModelSettings(model=name, base_url=url, api_key=_key(environ, url), small=_small(environ, name))


def _url(environ: Mapping[str, str], variable: str) -> str | None:
    """The variable's URL without a trailing slash. Not shown in errors: people paste keys into URLs."""
    if (value := environ.get(variable)) is None:
        return None
    parts = _split(value.strip())
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        example = "http://127.0.0.1:8000" if variable == "HOTSEAT_CHROMA_URL" else "http://127.0.0.1:8080/v1"
        raise UsageError(f"{variable} is not a web address: write it like {example}, or unset it")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        key = "" if variable == "HOTSEAT_CHROMA_URL" else "put the key into HOTSEAT_API_KEY, and "
        raise UsageError(f"{variable} holds more than an address: {key}drop ? and #")
    return parts.geturl().rstrip("/")


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where the port is no number
    except ValueError:
        return None
    return parts


def _key(environ: Mapping[str, str], url: str) -> SecretStr:
    """HOTSEAT_API_KEY, else OPENAI_API_KEY if `url` is the one that key is for: any other server would learn it."""
    if own := environ.get("HOTSEAT_API_KEY", "").strip():
        return SecretStr(own)
    belongs_to = _url(environ, "OPENAI_BASE_URL") or OPENAI_URL
    openai = environ.get("OPENAI_API_KEY", "").strip()
    if openai and url == belongs_to:
        return SecretStr(openai)
    if url == OPENAI_URL:
        raise UsageError(
            "HOTSEAT_MODEL is set but there is no key for OpenAI: set HOTSEAT_API_KEY,"
            " or HOTSEAT_BASE_URL for a server of your own"
        )
    return NO_KEY


def _small(environ: Mapping[str, str], name: str) -> bool:
    size = environ.get("HOTSEAT_MODEL_SIZE", "").strip().lower()
    if size not in ("", "small", "large"):
        raise UsageError(f"HOTSEAT_MODEL_SIZE is {size!r}: write small or large, or unset it")
    return size == "small" if size else looks_small(name)
