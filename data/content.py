"""A book without its features, as plain JSON: scenarios → layers → where their frames are.

The plan file and the journal keep frames in different places, but write down the rest alike.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import geopandas as gpd

from data.kinds import BY_NAME
from data.plan import Book, Layer, Look, Plan
from data.refused import Refused


def content_of(book: Book, place: Callable[[Layer, Plan], Any]) -> dict[str, Any]:
    """Return what is to be written down of a book.

    ``place(layer, plan)`` is asked once for each layer and says (as JSON) where its frame is.
    Layers that scenarios share are written down once.
    """
    numbers: dict[int, int] = {}
    entries: list[dict[str, Any]] = []
    for plan in book.plans:
        for layer in plan:
            if id(layer) not in numbers:
                numbers[id(layer)] = len(entries)
                entries.append(_entry(layer, place(layer, plan)))
    return {
        "title": book.title,
        "current": book.current,
        "facts": book.facts,
        "scenarios": [
            {"name": p.name, "crs": p.crs, "layers": [numbers[id(x)] for x in p]}
            for p in book.plans
        ],
        "layers": entries,
    }


def book_of(content: dict[str, Any], frame_at: Callable[[Any], gpd.GeoDataFrame]) -> Book:
    """Return the book that was written down; ``frame_at(place)`` gives a layer's frame.

    Raises Refused for a kind this version does not know; ValueError, KeyError,
    TypeError or IndexError when the content is not what :func:`content_of` makes.
    """
    layers = [_layer(entry, frame_at) for entry in content["layers"]]
    plans = tuple(
        Plan(s["name"], s["crs"], tuple(layers[i] for i in s["layers"]))
        for s in content["scenarios"]
    )
    if not 0 <= content["current"] < len(plans):
        raise ValueError("no such scenario")
    return Book(content["title"], plans, content["current"], content["facts"])


def _entry(layer: Layer, place: Any) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind_name,
        "table": place,
        "basis": layer.basis,
        "cell": layer.cell,
        "look": asdict(layer.look),
    }


def _layer(entry: dict[str, Any], frame_at: Callable[[Any], gpd.GeoDataFrame]) -> Layer:
    name, kind_name = entry["name"], entry["kind"]
    if kind_name not in BY_NAME:
        raise Refused(f"图层“{name}”是本版本不认识的类别“{kind_name}”,请升级程序再打开。")
    look = Look(**entry["look"])
    if look.filter is not None:
        column, values = look.filter
        look = replace(look, filter=(column, tuple(values)))
    return Layer(name, kind_name, frame_at(entry["table"]), entry["basis"], entry["cell"], look)
