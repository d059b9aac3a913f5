"""The Japanese font that official papers are set in."""

from app.applications.papers.pdf import FONT_PACKAGE, find_fonts, has_japanese_font
from scripts.machine.postgres_server import apt_install, may_install
from scripts.machine.terminal import say


def ensure_paper_fonts() -> None:
    """Install Debian's package of Japanese fonts, after saying so, where there is none; else say what will be missing."""
    if has_japanese_font(find_fonts()):
        return
    if may_install():
        apt_install(FONT_PACKAGE)
    if not has_japanese_font(find_fonts()):
        say(f"日本語フォントがないため、許可書などのPDFは作れません / no papers as PDF without: {FONT_PACKAGE}")
