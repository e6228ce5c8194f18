"""Every error that Hotseat raises on purpose. Its text is one line that says what to do; no traceback reaches a user.

HotseatError
├── UsageError            the command or a setting is wrong            (exit 2)
├── StoreError            transcripts cannot be read or written        (exit 2)
│   └── Conflict          somebody else wrote to this interview first
├── NotFound              no such interview, problem or turn           (exit 2)
└── ModelError            a model call failed; the turn goes on without it
    ├── ModelUnreachable  refused, unresolvable, timed out before the first byte
    ├── ModelRefused      wrong key, unknown model, bad request, rate limit
    ├── ModelStalled      silence before the first or between two tokens, or a stream without an end
    └── ModelGarbled      an answer that is not what the protocol promises
"""

from __future__ import annotations


class HotseatError(Exception):
    """Base of all errors with a message for users."""


class UsageError(HotseatError):
    pass


class StoreError(HotseatError):
    pass


class Conflict(StoreError):
    """Another writer appended to the interview first; reload it and try again."""


class NotFound(HotseatError):
    pass


class ModelError(HotseatError):
    """A model call failed. Never escapes a turn: it becomes a `degraded` event."""


class ModelUnreachable(ModelError):
    pass


class ModelRefused(ModelError):
    pass


class ModelStalled(ModelError):
    pass


class ModelGarbled(ModelError):
    pass
