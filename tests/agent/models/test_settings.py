"""Where a key may go, and what a wrong variable says."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.errors import UsageError
from agent.settings import ModelSettings, looks_small, read_settings

OPENAI = "https://api.openai.com/v1"
LOCAL = "http://127.0.0.1:8080/v1"
MODEL = {"HOTSEAT_MODEL": "m"}


def model(**environ: str) -> ModelSettings:
    settings = read_settings(MODEL | environ).model
    assert settings is not None
    return settings


def test_without_a_model_there_is_none_whatever_other_tools_set() -> None:
    assert read_settings({"OPENAI_API_KEY": "k", "OPENAI_MODEL": "m", "HOTSEAT_BASE_URL": LOCAL}).model is None


KEYS = [
    pytest.param({"OPENAI_API_KEY": "theirs"}, OPENAI, "theirs", id="openai"),
    pytest.param({"OPENAI_API_KEY": "theirs", "HOTSEAT_API_KEY": "ours"}, OPENAI, "ours", id="own-key-first"),
    pytest.param({"OPENAI_API_KEY": "theirs", "HOTSEAT_BASE_URL": OPENAI + "/"}, OPENAI, "theirs", id="openai-by-name"),
    pytest.param({"OPENAI_API_KEY": "theirs", "HOTSEAT_BASE_URL": LOCAL}, LOCAL, "none", id="custom-gets-none"),
    pytest.param(
        {"OPENAI_API_KEY": "theirs", "OPENAI_BASE_URL": LOCAL + "/"}, LOCAL, "theirs", id="gateway-gets-its-own"
    ),
    pytest.param(
        {"OPENAI_API_KEY": "theirs", "OPENAI_BASE_URL": LOCAL, "HOTSEAT_BASE_URL": LOCAL},
        LOCAL,
        "theirs",
        id="same-url",
    ),
    pytest.param(
        {"OPENAI_API_KEY": "theirs", "HOTSEAT_BASE_URL": "https://api.openai.com.evil.example/v1"},
        "https://api.openai.com.evil.example/v1",
        "none",
        id="lookalike",
    ),
    pytest.param(
        {"OPENAI_API_KEY": "theirs", "HOTSEAT_BASE_URL": "http://api.openai.com/v1"},
        "http://api.openai.com/v1",
        "none",
        id="not-encrypted",
    ),
    pytest.param({"HOTSEAT_BASE_URL": LOCAL, "HOTSEAT_API_KEY": "ours"}, LOCAL, "ours", id="custom-own-key"),
    pytest.param({"HOTSEAT_BASE_URL": LOCAL}, LOCAL, "none", id="local-without-key"),
]


@pytest.mark.parametrize(("environ", "url", "key"), KEYS)
def test_a_key_goes_only_where_it_belongs(environ: dict[str, str], url: str, key: str) -> None:
    settings = model(**environ)
    assert (settings.base_url, settings.api_key.get_secret_value()) == (url, key)


def test_the_key_of_a_gateway_does_not_go_to_openai() -> None:
    with pytest.raises(UsageError, match="HOTSEAT_API_KEY"):
        model(OPENAI_API_KEY="theirs", OPENAI_BASE_URL=LOCAL, HOTSEAT_BASE_URL=OPENAI)


WRONG = [
    pytest.param({"HOTSEAT_MODEL": " "}, "HOTSEAT_MODEL", id="blank-model"),
    pytest.param({"HOTSEAT_BASE_URL": "127.0.0.1:8080"}, "HOTSEAT_BASE_URL", id="no-scheme"),
    pytest.param({"HOTSEAT_BASE_URL": "ftp://host/v1"}, "HOTSEAT_BASE_URL", id="other-scheme"),
    pytest.param({"HOTSEAT_BASE_URL": "http://host:port/v1"}, "HOTSEAT_BASE_URL", id="port-no-number"),
    pytest.param({"HOTSEAT_BASE_URL": ""}, "HOTSEAT_BASE_URL", id="blank-url"),
    pytest.param({"OPENAI_BASE_URL": "http://[::1/v1"}, "OPENAI_BASE_URL", id="broken-url"),
    pytest.param({"HOTSEAT_BASE_URL": "https://me:sk-secret@host/v1"}, "HOTSEAT_API_KEY", id="login-in-url"),
    pytest.param({"HOTSEAT_BASE_URL": "https://host/v1?key=sk-secret"}, "HOTSEAT_API_KEY", id="key-in-url"),
    pytest.param({"HOTSEAT_BASE_URL": LOCAL, "HOTSEAT_MODEL_SIZE": "tiny"}, "HOTSEAT_MODEL_SIZE", id="size"),
    pytest.param({}, "HOTSEAT_API_KEY", id="openai-without-key"),
]


@pytest.mark.parametrize(("environ", "named"), WRONG)
def test_a_wrong_value_is_named_in_one_line_without_secrets(environ: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named) as caught:
        read_settings(MODEL | environ)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_representation_shows_the_key() -> None:
    settings = read_settings(MODEL | {"HOTSEAT_BASE_URL": LOCAL, "HOTSEAT_API_KEY": "sk-secret"})
    assert "secret" not in f"{settings!r} {settings} {settings.model!r}"


NAMES = [
    ("qwen2.5-coder-1.5b-instruct", True),
    ("SmolLM2-135M-Instruct.Q4_1", True),
    ("llama3.2:3b", True),
    ("gemma-3n-e4b-it", True),
    ("codellama-6.7B", True),
    ("mistral-7b-instruct", False),
    ("qwen3-30b-a3b", False),
    ("mixtral-8x7b", False),
    ("llama-3-8b-1m-context", False),
    ("gpt-4.1-mini", False),
    ("phi-3.5-mini-4bit", False),
    ("claude", False),
]


@pytest.mark.parametrize(("name", "small"), NAMES)
def test_size_is_read_from_the_count_of_parameters_alone(name: str, small: bool) -> None:
    assert looks_small(name) is small


@pytest.mark.parametrize(("size", "small"), [("small", True), ("LARGE", False), ("", True)])
def test_a_stated_size_beats_the_name(size: str, small: bool) -> None:
    assert model(HOTSEAT_MODEL="m-1b", HOTSEAT_BASE_URL=LOCAL, HOTSEAT_MODEL_SIZE=size).small is small


def test_home(tmp_path: Path) -> None:
    assert read_settings({"HOTSEAT_HOME": str(tmp_path)}).home == tmp_path
    assert read_settings({"HOTSEAT_HOME": "~/x"}).home == Path.home() / "x"
    assert read_settings({}).home.name == "hotseat"
