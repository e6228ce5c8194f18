"""Reads `knowledge/scoring.yaml`. Apart from that, content is read by `knowledge.library`."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from agent.scorecard import Scoring
from knowledge.checks import Finding
from knowledge.library import ROOT, ContentError


def load_scoring(root: Path = ROOT) -> Scoring:
    """Raises ContentError when the file is missing or wrong."""
    path = root / "scoring.yaml"
    try:
        return Scoring.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError((Finding(path.name, "", f"cannot be read: {error}"),)) from None
    except yaml.YAMLError as error:
        raise ContentError((Finding(path.name, "", f"is not valid YAML: {' '.join(str(error).split())}"),)) from None
    except ValidationError as error:
        findings = tuple(
            Finding(path.name, ".".join(str(part) for part in detail["loc"]), detail["msg"])
            for detail in error.errors()
        )
        raise ContentError(findings) from None
