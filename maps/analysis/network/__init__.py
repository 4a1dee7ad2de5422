"""Minutes by road.

    road layers ──lines──▶ cut lines ──graph──▶ Network ──costs──▶ Costs ──travel──▶ Reach
                                                   ▲                                  │
                              places ──snap────────┘      route, isochrone, areas ◀───┘

A :class:`~maps.analysis.network.graph.Network` knows shapes and junctions only and
is built once per set of road layers; who travels and in which weather is in
:class:`~maps.analysis.network.costs.Costs`.
"""
