"""Gates on the built site: links, figures, things from outside, launch links."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import nbformat
from bs4 import BeautifulSoup, Tag

# what a browser fetches by itself when it opens a page
FETCHED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
}
NOT_FETCHED = {"canonical", "next", "prev", "search", "index", "author", "license", "alternate"}
SHORTEST_ALT = 25


@cache
def _parse(path: Path, modified: float) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def parse(path: Path) -> BeautifulSoup:
    return _parse(path, path.stat().st_mtime)


def pages(html: Path) -> list[Path]:
    """Every page of the site."""
    return [p for p in sorted(html.rglob("*.html")) if "_static" not in p.relative_to(html).parts]


def broken_links(html: Path) -> list[str]:
    """Links and sources inside the site that lead to no file or to no anchor."""
    found = []
    for page in pages(html):
        for element in parse(page).find_all(["a", "link", "script", "img", "source"]):
            target = str(element.get("href") or element.get("src") or "")
            fault = _lead_nowhere(page, target, html)
            if fault:
                found.append(f"{page.relative_to(html)}: {target}: {fault}")
    return sorted(set(found))


def _lead_nowhere(page: Path, target: str, html: Path) -> str:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target or target == "#":
        return ""
    path = unquote(parts.path)
    base = html if path.startswith("/") else page.parent
    file = (base / path.lstrip("/")).resolve() if path else page
    if file.is_dir():
        file /= "index.html"
    if not file.exists():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and file.suffix == ".html" and not _has_anchor(file, anchor):
        return "no such anchor"
    return ""


def _has_anchor(file: Path, anchor: str) -> bool:
    soup = parse(file)
    return soup.find(id=anchor) is not None or soup.find(attrs={"name": anchor}) is not None


def from_outside(html: Path) -> list[str]:
    """Scripts, styles, pictures and frames that a page would fetch from another host."""
    found = []
    for page in pages(html):
        soup = parse(page)
        sources = [(tag, str(tag.get(name, ""))) for tag, name in _fetching(soup)]
        sources += [(tag, "".join(_addresses(tag.get_text()))) for tag in soup.find_all("style")]
        found += [
            f"{page.relative_to(html)}: <{tag.name}> from {source}"
            for tag, source in sources
            if re.match(r"(https?:)?//", source)
        ]
    for style in html.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        found += [f"{style.relative_to(html)}: {a}" for a in _addresses(text)]
    return found


def _fetching(soup: BeautifulSoup) -> list[tuple[Tag, str]]:
    tags = [(tag, name) for kind, name in FETCHED.items() for tag in soup.find_all(kind)]
    links = [link for link in soup.find_all("link") if not NOT_FETCHED & set(link.get("rel") or [])]
    return tags + [(link, "href") for link in links]


def _addresses(css: str) -> list[str]:
    return re.findall(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)", css)


def bad_figures(html: Path) -> list[str]:
    """Pictures of the text without a real alternative text, a caption or a name."""
    found = []
    for page in pages(html):
        article = parse(page).find("article") or parse(page)
        for image in article.find_all("img"):
            where = f"{page.relative_to(html)}: {image.get('src')}"
            alt = str(image.get("alt") or "").strip()
            if len(alt) < SHORTEST_ALT or re.search(r"\.(png|svg|jpe?g)$|^_images", alt):
                found.append(f"{where}: alt text that says what is to be seen (found {alt!r})")
            figure = image.find_parent("figure")
            if figure is None or not figure.find("figcaption") or not figure.get("id"):
                found.append(f"{where}: a figure with a caption and a name")
    return found


def launch_links(page: Path) -> dict[str, str]:
    """Where the launch buttons of a page lead, as paths below the published branch."""
    found = {}
    for link in parse(page).find_all("a", href=True):
        url = urlsplit(str(link["href"]))
        if "colab" in url.netloc and "/blob/" in url.path:
            found["Colab"] = unquote(url.path.split("/blob/")[1].split("/", 1)[1])
        elif "/v2/gh/" in url.path:
            pull = urlsplit(parse_qs(url.query)["urlpath"][0])
            tree = parse_qs(pull.query)["urlpath"][0]
            found["Binder"] = tree.removeprefix("lab/tree/").split("/", 1)[1]
    return found


def bad_launches(html: Path, executed: Path) -> list[str]:
    """Pages whose launch links do not open exactly the notebook that was built."""
    found = []
    for path in sorted(executed.rglob("*.ipynb")):
        docname = path.relative_to(executed).with_suffix("").as_posix()
        links = launch_links(html / f"{docname}.html")
        if set(links) != {"Colab", "Binder"}:
            found.append(f"{docname}: launch buttons for Colab and Binder, found {sorted(links)}")
        for name, target in links.items():
            if not (html / target).is_file():
                found.append(f"{docname}: {name} opens {target}, which does not exist")
            elif _code(html / target) != _code(path):
                found.append(f"{docname}: {name} opens {target}, which has other code")
    return found


def _code(path: Path) -> list[str]:
    """The code of a notebook, without what is added for launching: bootstrap and labs."""
    cells = nbformat.read(path, as_version=4).cells
    added = ("importlib.util.find_spec", "live.show(")
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return [source for source in code if not any(word in source for word in added)]


def myst_left(markdown: str) -> list[str]:
    """Directives, roles and labels that plain Markdown would show as they stand."""
    text = re.sub(r"^(`{3,}).*?^\1", "", re.sub(r"\$[^$]+\$", "", markdown), flags=re.S | re.M)
    return re.findall(r"^[`:]{3,}\{[\w:-]+\}|\{[\w:-]+\}`|^\([\w:-]+\)=", text, flags=re.M)
