"""The map: cached pictures of the plan, what the hand does to it, and what is drawn over it.

view      pixels ⇄ metres                  content   layers as flat arrays
paint     the four pictures (off thread)   render    the thread that draws them
arranging symbols beside each other        reach     reached area: discs; cells: by road
hit       what is under the cursor         gestures  one generator per gesture
overlay   what is drawn every frame        swiping   another scenario under a divider
canvas    the widget                       identify  everything at a place
"""

from desktop.canvas.canvas import Canvas
from desktop.canvas.view import View

__all__ = ["Canvas", "View"]
