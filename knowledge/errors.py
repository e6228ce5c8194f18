"""Base of the errors that knowledge raises on purpose. Their text is one line for users."""


class KnowledgeError(Exception):
    pass
