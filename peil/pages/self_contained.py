"""One self-contained HTML page: template, style, words, libraries and modules in one file.

The page opens from disk. Its policy allows the scripts it carries, by hash, and nothing else:
no request can leave it. No node, no bundler: the modules of `portal/src` are joined here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from peil.settings import PROJECT

PORTAL = PROJECT / "portal"
_IMPORT = re.compile(r'^import\s[^;]*?from\s+"\./(\w+)\.js";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.M)
_TOP_LEVEL = re.compile(r"^(?:async )?(?:function|const|let|class) +(\w+)", re.M)


def _modules(entry: str, folder: Path) -> list[str]:
    """Names of the modules that `entry` needs, each after those it imports."""
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"portal/src: {name}.js imports itself through {above[-1]}.js")
        if name in order:
            return
        source = (folder / f"{name}.js").read_text(encoding="utf-8")
        for needed in _IMPORT.findall(source):
            visit(needed, (*above, name))
        order.append(name)

    visit(entry, ())
    return order


def script(entry: str, folder: Path = PORTAL / "src") -> str:
    """Join ES modules into one script: imports go, `export` goes, names must be unique.

    Parameters
    ----------
    entry : str
        Stem of the module to start from.

    Raises
    ------
    ValueError
        Two modules declare the same name at their top level, or import in a circle.
    """
    parts, owner = [], dict[str, str]()
    for name in _modules(entry, folder):
        text = _IMPORT.sub("", (folder / f"{name}.js").read_text(encoding="utf-8"))
        text = _EXPORT.sub("", text)
        for declared in _TOP_LEVEL.findall(text):
            if declared in owner:
                raise ValueError(f"portal/src: {declared} stands in {owner[declared]} and {name}")
            owner[declared] = name
        parts.append(f"// {name}.js\n{text}")
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def vendored(name: str) -> str:
    """Read a vendored file; refuse it when its sha256 is not the one in portal/vendor/README.md."""
    content = (PORTAL / "vendor" / name).read_bytes()
    if hashlib.sha256(content).hexdigest() not in (PORTAL / "vendor" / "README.md").read_text():
        raise ValueError(f"portal/vendor/{name} is not the file its README names")
    return content.decode("utf-8")


def _licence(name: str) -> str:
    file = PORTAL / "vendor" / f"{name.split('.')[0]}.LICENSE"
    return f"<!-- {name}:\n{file.read_text(encoding='utf-8')}-->"


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def embedded(content: Any) -> str:
    """JSON that can stand inside a script element: no `<` can end it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page(
    entry: str,
    title: str,
    content: Any,
    libraries: tuple[str, ...] = (),
    styles: tuple[str, ...] = (),
) -> str:
    """One self-contained HTML page whose policy names each script by its hash.

    `styles` are the page's own, after the one that all pages share.
    """
    scripts = [*(vendored(name) for name in libraries), script(entry)]
    style = "\n".join((PORTAL / name).read_text(encoding="utf-8") for name in ("page.css", *styles))
    words = json.loads((PORTAL / "src" / "words.json").read_text(encoding="utf-8"))
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_source, scripts))}; "
        f"style-src {_source(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    filling = {
        "policy": policy,
        "title": title.replace("&", "&amp;").replace("<", "&lt;"),
        "style": style,
        "data": embedded(content),
        "words": embedded(words),
        "licences": "\n".join(_licence(name) for name in libraries),
        "scripts": "\n".join(f"<script>{text}</script>" for text in scripts),
    }
    template = (PORTAL / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: filling[match[1]], template)
