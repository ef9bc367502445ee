"""Say in one line what is wrong with a configuration: place, key, fault, remedy."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from maildesk.config.models import Site

Loc = tuple[str | int, ...]

_SECRET = {"password", "url"}  # never shown, not even when they are wrong
_EXAMPLE = "config/maildesk.toml shows every key and what it may be"


def explain(error: ErrorDetails, where: str) -> str:
    """Return the line for one error of pydantic's; `where` is the place the value came from."""
    loc = error["loc"]
    model = _model_at(loc[:-1])
    if error["type"] == "extra_forbidden":
        return f"{where}: {dotted(loc)}: {_unknown(loc, model)}"
    if error["type"] == "missing":
        table = f" under {_table(loc[:-1])}" if loc[:-1] else ""
        return f"{where}: {dotted(loc)}: is missing; write it{table} ({_EXAMPLE})"
    if error["type"] == "tuple_type" and isinstance(error["input"], Mapping):
        name = dotted(loc)
        return f"{where}: {name}: may stand there several times; write [[{name}]], not [{name}]"
    return f"{where}: {dotted(loc)}: {_fault(error)}; correct it ({_EXAMPLE})"


def dotted(loc: Loc) -> str:
    """Return ("imap", 0, "host") as "imap.1.host", counted from one as people do."""
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in loc)


def nearest(
    written: str, known: Iterable[str], shown: Mapping[str, str] | None = None, cutoff: float = 0.6
) -> str:
    """Return " (did you mean X?)" for the known word that is nearest, or "" if none is near.

    `shown` maps a known word to what is said in its place.
    """
    found = difflib.get_close_matches(written.lower(), [*known], n=1, cutoff=cutoff)
    return f" (did you mean {(shown or {}).get(found[0], found[0])}?)" if found else ""


def _unknown(loc: Loc, model: type[BaseModel] | None) -> str:
    written = str(loc[-1])
    siblings = {key: dotted((*loc[:-1], key)) for key in model.model_fields} if model else {}
    guess = nearest(written, siblings, siblings)
    if not guess:
        everywhere = {key: f"{section}.{key}" for section, key in all_keys()}
        guess = nearest(written, everywhere, everywhere, cutoff=0.75)
    table = _table(loc[:-1]) or "the top of the file"
    listed = "" if guess else f"; {table} may hold {', '.join(siblings)}"
    return f"there is no such key{guess}{listed}; correct or remove it"


def _fault(error: ErrorDetails) -> str:
    inner = error.get("ctx", {}).get("error")
    if inner is not None:  # a ValueError of ours says all there is to say
        return str(inner)
    said = error["msg"][:1].lower() + error["msg"][1:]
    given = error["input"]
    if _SECRET & set(map(str, error["loc"])) or not isinstance(given, str | int | float):
        return said
    guess = ""
    if error["type"] == "literal_error" and isinstance(given, str):
        guess = nearest(
            given, error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        )
    return f"{said}, not {given!r}{guess}"


def _table(loc: Loc) -> str:
    """Return how the table at `loc` is headed in TOML; "" for the top of the file."""
    name = ".".join(step for step in loc if isinstance(step, str))
    if any(isinstance(step, int) for step in loc):
        return f"[[{name}]]"
    return f"[{name}]" if name else ""


def _model_at(loc: Loc) -> type[BaseModel] | None:
    """Return the class of the table at `loc`, or None where tables have free keys."""
    at: Any = Site
    for step in loc:
        if isinstance(step, int):
            at = get_args(at)[0] if get_origin(at) is tuple else None
        elif isinstance(at, type) and issubclass(at, BaseModel) and step in at.model_fields:
            at = at.model_fields[step].annotation
        else:
            return None
    return at if isinstance(at, type) and issubclass(at, BaseModel) else None


def all_keys() -> Iterator[tuple[str, str]]:
    """Yield (section, key) for every key there is."""
    for section, entry in Site.model_fields.items():
        part = next(
            (
                each
                for each in (entry.annotation, *get_args(entry.annotation))
                if isinstance(each, type) and issubclass(each, BaseModel)
            ),
            None,
        )
        if part:
            yield from ((section, key) for key in part.model_fields)
