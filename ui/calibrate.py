"""`hotseat model calibrate`: asks the configured model, keeps what was found, and says it in a line or two. I/O."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from agent import calibration
from agent.calibration import Calibration
from agent.errors import UsageError
from agent.settings import read_settings
from ui.assembly import model_of, quiet_environment


async def calibrated(environ: Mapping[str, str], number: int, progress: Callable[[int, int], None]) -> Calibration:
    """Keeps the result when all items are asked, and not before. Raises UsageError, ModelError, StoreError."""
    quiet_environment()
    from evals.coverage.calibrate import findings, votes
    from evals.coverage.items import draw

    settings = read_settings(environ)
    model = model_of(settings)
    if settings.model is None or model is None:
        raise UsageError("No model is configured: set HOTSEAT_MODEL and HOTSEAT_BASE_URL to the one to calibrate")
    calibration.make_folder(settings.home)  # what can fail comes before what takes long
    items = draw(number)
    began = time.monotonic()
    found = findings(items, await votes(model, items, progress))
    result = Calibration(
        when=datetime.now(UTC),
        model=settings.model.model,
        base_url=settings.model.base_url,
        prompt=calibration.prompt_hash(),
        items=found.items,
        seconds=round(time.monotonic() - began, 1),
        auc=found.area,
        interval=found.interval,
        fusion=found.fusion,
        why=found.why,
    )
    calibration.save(settings.home, result)
    return result


def told(found: Calibration) -> str:
    figures = f"{found.items} items in {found.seconds:.0f} s"
    if found.auc is not None and found.interval is not None:
        figures += f", AUC {found.auc:.2f} (95 %: {found.interval[0]:.2f} to {found.interval[1]:.2f})"
    if found.fusion is None:
        return (
            f"{found.model} does not vote on points, because {found.why} ({figures})."
            " Hotseat will not ask it about them: what the reader is unsure of stays not assessed."
        )
    by = found.fusion
    return (
        f"{found.model}: {figures}, scale {by.scale:.2f}, offset {by.offset:.2f}.\n"
        f"{_side('Shown', by.shown, 'up')} {_side('Not shown', by.not_shown, 'down')}"
        " What it leaves open stays not assessed."
    )


def _side(name: str, threshold: float | None, way: str) -> str:
    if threshold is None:
        return f"{name}: not decided by this model."
    return f"{name}: from a probability of {threshold:.2f} {way}."
