"""Write docs/api/ from the docstrings of peil_models: `python models/api_pages.py`.

One page per subpackage, of what its `__all__` exports, and an index. What a page says is written in
docstrings, never here; a test compares the pages with what this makes of them.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import pprint
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import peil_models

FOLDER = Path(__file__).parents[1] / "docs" / "api"
LISTED = {"Parameters", "Attributes", "Returns", "Yields", "Raises"}
NOTICE = "*Made from docstrings by `python models/api_pages.py`; a change belongs there.*"
WIDTH = 100


def subpackages() -> Iterator[ModuleType]:
    """Modules directly below peil_models that export something."""
    for entry in pkgutil.iter_modules(peil_models.__path__, "peil_models."):
        module = importlib.import_module(entry.name)
        if hasattr(module, "__all__"):
            yield module


def signature(name: str, member: Any) -> str:
    """A call as it is written in Python, wrapped to a parameter a line where it is long."""
    words, is_keyword_only = [], False
    for parameter in inspect.signature(member).parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not is_keyword_only:
            words.append("*")
            is_keyword_only = True
        word = parameter.name
        if parameter.annotation is not parameter.empty:
            word += f": {parameter.annotation}"
        if parameter.default is not parameter.empty:
            word += f" = {parameter.default!r}"
        words.append(word)
    returned = inspect.signature(member).return_annotation
    arrow = (
        "" if inspect.isclass(member) or returned is inspect.Signature.empty else f" -> {returned}"
    )
    line = f"{name}({', '.join(words)}){arrow}"
    if len(line) > WIDTH:
        line = f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){arrow}"
    return f"```python\n{line}\n```"


def sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Titles and lines of a docstring in numpy's form; what comes before is without a title."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.cleandoc(text), flags=re.M)
    yield "", parts[0].strip().splitlines()
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        yield title, body.strip("\n").splitlines()


def entries(lines: list[str]) -> Iterator[str]:
    """A list of names with their types; what is said of them is indented below."""
    for line in lines:
        if line and not line.startswith(" "):
            name, colon, kind = line.partition(" : ")
            yield f"- `{name}`: *{kind}*" if colon and kind else f"- `{name}`"
        else:
            yield f"  {line.strip()}".rstrip()


def rendered(text: str) -> str:
    """A docstring as Markdown, its lines broken as they are."""
    blocks: list[str] = []
    for title, lines in sections(text):
        body = "\n".join(lines)
        if title == "Examples":
            body = f"```pycon\n{body}\n```"
        elif title in LISTED:
            body = "\n".join(entries(lines))
        body = re.sub(r"^\.\. \[(\d+)\] ", r"[\1] ", body, flags=re.M)
        body = re.sub(r"\[(\d+)\]_", r"[\1]", body)
        blocks += [f"**{title}**"] if title else []
        blocks += [body] if body else []
    return "\n\n".join(blocks)


def is_documented(member: Any) -> bool:
    """Whether a name is a class or a function, and no constant or type."""
    return inspect.isclass(member) or inspect.isroutine(inspect.unwrap(member))


def first_line(member: Any) -> str:
    """What a thing does, in the first sentence of its docstring."""
    return inspect.cleandoc(member.__doc__ or "").splitlines()[0]


def methods(member: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties with a docstring that the package itself defines."""
    for name in sorted({name for parent in inspect.getmro(member) for name in vars(parent)}):
        method = inspect.getattr_static(member, name)
        function = getattr(method, "fget", None) or getattr(method, "__func__", method)
        own = getattr(function, "__module__", "") or ""
        if not name.startswith("_") and own.startswith("peil_models") and function.__doc__:
            yield name, method


def described(name: str, member: Any) -> Iterator[str]:
    """Blocks of one exported name."""
    yield f"## {name}"
    if not is_documented(member):
        text = pprint.pformat(member, width=WIDTH - len(name) - 3)
        yield f"```python\n{name} = {text}\n```"
        return
    yield signature(name, member)
    yield rendered(member.__doc__ or "")
    for method, function in methods(member) if inspect.isclass(member) else ():
        yield f"### {name}.{method}"
        if isinstance(function, property):
            yield rendered(function.fget.__doc__ or "")
        else:
            yield signature(method, getattr(member, method))
            yield rendered(getattr(member, method).__doc__ or "")


def page(module: ModuleType) -> str:
    """The page of a subpackage: what it is about, its names, each of them."""
    names = list(module.__all__)
    members = {name: getattr(module, name) for name in names}
    table = "\n".join(
        f"- [`{name}`](#{name.lower()})"
        + (f": {first_line(member)}" if is_documented(member) else "")
        for name, member in members.items()
    )
    blocks = [f"# {module.__name__}", NOTICE, inspect.cleandoc(module.__doc__ or ""), table]
    for name, member in members.items():
        blocks += described(name, member)
    return "\n\n".join(blocks) + "\n"


def pages() -> dict[str, str]:
    """Every page by the name of its file, the index among them."""
    by_name = {f"{module.__name__.split('.')[1]}.md": page(module) for module in subpackages()}
    lines = [
        f"| [`{module.__name__}`]({module.__name__.split('.')[1]}.md) | {first_line(module)} |"
        for module in subpackages()
    ]
    table = "\n".join(["| package | about |", "|---|---|", *lines])
    title = "# The statistical library `peil_models`"
    about = "How to install it, and ten lines that run: [models/README.md](../../models/README.md)."
    return by_name | {"README.md": "\n\n".join([title, NOTICE, about, table]) + "\n"}


def write(folder: Path = FOLDER) -> None:
    """Write all pages, and remove those of which nothing is left."""
    folder.mkdir(parents=True, exist_ok=True)
    current = pages()
    for file in folder.glob("*.md"):
        if file.name not in current:
            file.unlink()
    for name, text in current.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
