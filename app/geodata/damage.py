"""A file that cannot be trusted: it is refused as a whole, with its name and line."""


class DamagedSource(ValueError):
    """A source file is damaged, half downloaded or not what the manifest says; `line` counts from 1."""

    def __init__(self, name: str, line: int | None, ja: str, en: str) -> None:
        self.name, self.line = name, line
        where_ja, where_en = (f" {line} 行目", f", line {line}") if line else ("", "")
        super().__init__(f"{name}{where_ja}: {ja} / {name}{where_en}: {en}")
