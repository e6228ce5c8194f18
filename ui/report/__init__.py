"""The report of an interview: what it says (`contents`) and how each format says it, one small function per section."""
