"""Start a chapter: ``python -m tools.new_chapter PART/SLUG "Its title"``.

Writes the page, the checkers of its exercises and wrong answers to them from ``tools/template``,
and adds the page to the table of contents. It builds at once; `make test` names what is to fill in.
"""

import argparse
import re
import sys
from pathlib import Path

TEMPLATE = Path(__file__).parent / "template"


def create(root: Path, slug: str, title: str) -> list[Path]:
    """Write the files of a new chapter below ``root``; returns them."""
    if not re.fullmatch(r"[a-z]+/[a-z][a-z0-9-]*", slug):
        raise ValueError(f"C={slug}: expected part/slug, for example security/my-page")
    name = slug.split("/")[1].replace("-", "_")
    files = {
        "chapter.md": root / "book" / f"{slug}.md",
        "exercises.py": root / "src" / "sdl_lib" / "exercises" / f"{name}.py",
        "wrong_answers.py": root / "tests" / "book" / "wrong_answers" / f"{name}.py",
    }
    for path in files.values():
        if path.exists():
            raise ValueError(f"{path.relative_to(root)}: exists already")
    for template, path in files.items():
        text = (TEMPLATE / template).read_text(encoding="utf-8")
        for key, value in {"title": title, "slug": slug.split("/")[1], "module": name}.items():
            text = text.replace(f"<<{key}>>", value)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _add_to_contents(root / "_toc.yml", slug)
    return list(files.values())


def _add_to_contents(toc: Path, slug: str) -> None:
    """Put the page at the end of its part, or of a new part before the appendix."""
    text, part = toc.read_text(encoding="utf-8"), slug.split("/")[0]
    entry = f"      - file: book/{slug}\n"
    of_part = list(re.finditer(rf"^ +- file: book/{part}/.*\n", text, re.M))
    if of_part:
        end = of_part[-1].end()
        text = text[:end] + entry + text[end:]
    else:
        block = f"  - caption: {part.capitalize()}\n    numbered: 1\n    chapters:\n{entry}"
        text = text.replace("  - caption: Appendix\n", f"{block}  - caption: Appendix\n")
    toc.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make new-chapter", description=__doc__)
    parser.add_argument("slug", help="C=part/slug")
    parser.add_argument("title", help="T=the title")
    options = parser.parse_args()
    if not options.slug or not options.title:
        parser.error('for example: make new-chapter C=security/my-page T="My page"')
    try:
        files = create(Path.cwd(), options.slug, options.title)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"  {path.relative_to(Path.cwd())}" for path in files))
    print(f"Fill in what stands in «angles»; look at it with: make chapter C={options.slug}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
