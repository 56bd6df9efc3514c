"""The last touches to the built pages: sound roles, and nothing sent that is not seen.

The theme sends 1,900 icons with every page: 300 KB of fonts and 20 KB of rules. The site keeps
those that its pages, scripts and style sheets name. Figures become WebP, plots without loss and at
about half the size, photographs with a little; the notebooks keep them as they are.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
STYLES = "styles/pydata-sphinx-theme.css"
FONTS = "vendor/fontawesome/webfonts"

ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"([^"]*)"\}')
ICON_NAME = re.compile(r"\bfa-[\w-]+")
# an icon's character (from the private use area) in a style sheet: itself, or as `\f107`
GLYPH = re.compile(r'"\\([ef][0-9a-f]{3})"|([\ue000-\uf8ff])')
PHOTOGRAPH = 40_000  # bytes: a lossless figure beyond this is made of photographs or noise
FORMULA_AND_STOP = re.compile(r'<span class="math [^>]*>[^<]*</span>[.,;:!?)\]”’]+')
PNG = re.compile(r"(_images/[^\"'?#)]+)\.png")


def mend_body(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Mend roles and line breaks in the text of a page.

    An entry of a bibliography is an item of its list; docutils' role for it is deprecated. And no
    full stop begins a line because a formula ended the one before.
    """
    if "body" in context:
        body = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] = FORMULA_AND_STOP.sub(r'<span class="text-nowrap">\g<0></span>', body)


def make_lean(app: Sphinx, error: Exception | None) -> None:
    """Cut icons and figures of the finished site down to what is seen."""
    site = Path(app.outdir)
    if error is None and (site / "_static" / STYLES).exists():
        keep_used_icons(site)
        turn_into_webp(site)


def keep_used_icons(site: Path) -> None:
    """Keep the rules and the glyphs of those icons that the site names."""
    static = site / "_static"
    scripts = [*static.glob("*.js"), *(static / "scripts").glob("*.js")]
    naming = [*site.rglob("*.html"), *scripts]
    named = {name for file in naming for name in ICON_NAME.findall(_read(file))}

    def rule(match: re.Match[str]) -> str:
        return match[0] if named & set(ICON_NAME.findall(match[1])) else ""

    # Always from the theme's own files: those of the last build lack what that one did not name.
    styles = ICON_RULE.sub(rule, _read(THEME / STYLES))
    # One format is enough, and the uncompressed one needs no further package to write.
    styles = re.sub(r'url\([^)]*\.woff2\) format\("woff2"\),', "", styles)
    (static / STYLES).write_text(styles, encoding="utf-8")
    others = (_read(file) for file in static.rglob("*.css") if "vendor" not in file.parts)
    used = {
        int(code, 16) if code else ord(character)
        for text in (styles, *others)
        for code, character in GLYPH.findall(text)
    }
    for font in (THEME / FONTS).glob("*.ttf"):
        _subset(font, used, static / FONTS / font.name)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _subset(font: Path, characters: set[int], target: Path) -> None:
    subsetter = subset.Subsetter(subset.Options(layout_features=[], glyph_names=False))
    subsetter.populate(unicodes=characters)
    # The font's own date, not today's: the same site twice has the same bytes.
    with TTFont(font, recalcTimestamp=False) as reduced:
        subsetter.subset(reduced)
        reduced.save(target)


def turn_into_webp(site: Path) -> None:
    """Turn the figures of the pages that this build wrote into WebP, lossless if that is small."""
    for png in (site / "_images").glob("*.png"):
        small = png.with_suffix(".webp")
        with Image.open(png) as image:
            image.save(small, lossless=True, quality=100)
            if small.stat().st_size > PHOTOGRAPH:
                image.save(small, quality=85, method=6)
        png.unlink()
    for page in site.rglob("*.html"):
        text = _read(page)
        if (changed := PNG.sub(r"\1.webp", text)) != text:
            page.write_text(changed, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", mend_body)
    app.connect("build-finished", make_lean)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
