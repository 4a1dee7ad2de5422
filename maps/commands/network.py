"""python main.py network: how large the road network is and what is wrong with the roads."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from data.files import load
from data.geodesy import Ruler
from data.plan import Plan
from data.progress import part
from maps.analysis.network.doctor import Checkup, Finding, checkup
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.drawing.roadfiles import write_findings
from maps.drawing.shapes import check_target

LISTED = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``network``."""
    plan_argument(parser)
    parser.add_argument("--check", action="store_true", help="逐条列出道路的问题")
    parser.add_argument("--status", default="全部", metavar="现状|规划|全部", help="哪些道路")
    parser.add_argument(
        "--join-crossings", action="store_true", help="线形相交但没有共同节点处也当作路口"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="把问题写成点图层")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Examine the roads and print what was found."""
    if arguments.output is not None:
        check_target(arguments.output)
    plan = load(arguments.plan, part(progress, 0.0, 0.3)).book.plan
    result = checkup(
        plan,
        arguments.status,
        join=arguments.join_crossings,
        report=part(progress, 0.3, 1.0),
    )
    if arguments.output is not None and result.findings:
        write_findings(arguments.output, result, plan)
    values = as_json(result, plan, arguments.check)
    answer(values, as_text(result, arguments.check), arguments.json)
    return 0


def as_json(result: Checkup, plan: Plan, listed: bool) -> dict[str, Any]:
    """Return size, islands, and the findings (with ``listed``) with places in degrees."""
    network = result.network
    ruler = Ruler(plan.crs)
    out: dict[str, Any] = {
        "roads": len({*zip(network.roads.layer, network.roads.fid, strict=True)}),
        "edges": network.edges,
        "junctions": network.core,
        "km": result.km,
        "islands": int(network.component.max(initial=-1)) + 1,
        "fixed": sum(f.fixed for f in result.findings),
        "unfixed": sum(not f.fixed for f in result.findings),
        "kinds": dict(Counter(f.kind for f in result.findings)),
    }
    if listed:
        out["findings"] = [_finding(f, ruler) for f in result.findings]
    return out


def _finding(finding: Finding, ruler: Ruler) -> dict[str, Any]:
    known = finding.x == finding.x
    lon, lat = ruler.to_lonlat(finding.x, finding.y) if known else (None, None)
    return {
        "kind": finding.kind,
        "message": finding.text,
        "fixed": finding.fixed,
        "lon": lon,
        "lat": lat,
        "roads": [{"layer": layer, "id": fid} for layer, fid in finding.roads],
    }


def as_text(result: Checkup, listed: bool) -> str:
    """Return the size, the number of findings by kind, and (with ``listed``) the sentences."""
    network = result.network
    lines = [
        f"路网 {result.km:,.1f} km,路段 {network.edges:,} 个,路口 {network.core:,} 个,"
        f"互不相连的 {int(network.component.max(initial=-1)) + 1} 块"
    ]
    if not result.findings:
        return "\n".join([*lines, "没有发现问题。"])
    for kind, count in Counter(f.kind for f in result.findings).items():
        fixed = sum(f.fixed for f in result.of(kind))
        lines.append(f"{kind}:{count} 处" + (f",已处理 {fixed} 处" if fixed else ""))
    if listed:
        lines += [f"  · {f.text}" for f in result.findings[:LISTED]]
        if len(result.findings) > LISTED:
            lines.append(f"  …还有 {len(result.findings) - LISTED} 处,用 --json 可列出全部。")
    else:
        lines.append("加 --check 可逐条列出。")
    return "\n".join(lines)
