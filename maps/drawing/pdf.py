"""A page as PDF: matplotlib's file and renderer, with letters and symbols put in our own way.

matplotlib asks a shaping engine about every line of words, hands each of a page's tens of
thousands of commands to the compressor alone, and writes a symbol's shape as often as it is
drawn. Here letters stand one after the other by their widths, as :mod:`lettering` measures
them; a page goes to the compressor whole; and a symbol's shape is written once a page.

Letters are subset fonts of Type 3: every glyph is its outline, and what it means is told, so
that text can be selected, searched and copied.
"""

import math
import zlib
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from typing import Any

from matplotlib.backends.backend_pdf import GraphicsContextPdf as _GC
from matplotlib.backends.backend_pdf import Name, Op, PdfFile, Reference, RendererPdf, pdfRepr
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, IdentityTransform

from maps.drawing import fonts, lettering
from maps.drawing.pen import Pen
from maps.drawing.saving import CREATOR

_POINTS = 72.0
_CODES = 256
"""Letters a Type 3 font holds: more than these go into another."""


def page(pen: Pen, title: str) -> bytes:
    """Return a page as a PDF of its own, which names the program and no date."""
    about = {"Title": title, "Creator": CREATOR, "Producer": CREATOR, "CreationDate": None}
    out = BytesIO()
    file = _File(out, metadata=about)
    figure = pen.figure
    before = figure.dpi
    figure.dpi = _POINTS
    try:
        width, height = figure.get_size_inches()
        file.newPage(width, height)
        renderer = _Renderer(file, _POINTS, height, width)
        figure.draw(renderer)
        renderer.finalize()
        file.finalize()
    finally:
        figure.dpi = before
    return out.getvalue()


class _File(PdfFile):
    """A PDF whose streams are compressed whole, and whose fonts hold what was said in it."""

    def __init__(self, out: BytesIO, metadata: dict[str, Any]) -> None:
        self._held: list[bytes] = []
        self._kept = False
        self._codes: dict[tuple[str, bool], tuple[Name, int]] = {}
        self._count = {False: 0, True: 0}
        self._forms: dict[bytes, tuple[Name, Reference]] = {}
        super().__init__(out, metadata=metadata)

    def write(self, data: bytes) -> None:
        """Keep what belongs to a stream until it ends."""
        if self._kept:
            self._held.append(data)
        else:
            super().write(data)

    def output(self, *data: Any) -> None:
        """Write commands on a line of their own."""
        self.write(b" ".join([pdfRepr(one) for one in data]) + b"\n")

    def beginStream(self, id: int, len: Any, extra: Any = None, png: Any = None) -> None:
        """Begin a stream: what is written from now on belongs to it."""
        super().beginStream(id, len, extra, png)
        self._kept = True

    def endStream(self) -> None:
        """Give the stream what was kept for it."""
        # While it ends, the stream writes its length, which is an object outside of it.
        self._kept = False
        if self.currentstream is not None and self._held:
            self.currentstream.write(b"".join(self._held))
            self._held.clear()
        super().endStream()

    def letter(self, character: str, bold: bool) -> tuple[Name, int]:
        """Return the font that holds a letter, and its code there."""
        found = self._codes.get((character, bold))
        if found is None:
            number = self._count[bold]
            self._count[bold] += 1
            font = Name(f"{'B' if bold else 'R'}{number // _CODES}")
            found = self._codes[character, bold] = (font, number % _CODES)
        return found

    def form(self, body: bytes) -> Name:
        """Return the name under which a symbol's form (:func:`_form`) is drawn."""
        if body not in self._forms:
            name, place = Name(f"S{len(self._forms)}"), self.reserveObject("symbol")
            self._forms[body] = (name, place)
            # So the file lists it; it writes none of these itself.
            self.paths.append((name, None, None, place, None, None, 0, True, True))
        return self._forms[body][0]

    def writePathCollectionTemplates(self) -> None:
        """Write the symbols' forms."""
        for body, (_, place) in self._forms.items():
            self._write_ready(place, body)

    def _write_ready(self, place: Reference, body: bytes) -> None:
        self.recordXref(place.id)
        self.fh.write(b"%d 0 obj\n%b\nendobj\n" % (place.id, body))

    def writeFonts(self) -> None:
        """Write the fonts: matplotlib's own hold nothing, as it set no text."""
        held: dict[Name, dict[int, str]] = {}
        bold: dict[Name, bool] = {}
        for (character, heavy), (font, code) in self._codes.items():
            held.setdefault(font, {})[code] = character
            bold[font] = heavy
        written = {font: self._font(bold[font], letters) for font, letters in held.items()}
        self.writeObject(self.fontObject, written)

    def _font(self, bold: bool, letters: dict[int, str]) -> Reference:
        """Write a Type 3 font that holds letters by their codes 0…n−1."""
        face = fonts.bold() if bold else fonts.regular()
        name = Name(_prefix("".join(letters.values())) + face.stem)
        procs = {}
        for code, character in letters.items():
            procs[f"g{code}"] = self.reserveObject("glyph")
            self._write_ready(procs[f"g{code}"], _proc(character, bold))
        widths = [round(lettering.outline(one, bold).advance) for one in letters.values()]
        described, read = self.reserveObject("font descriptor"), self.reserveObject("meaning")
        self.writeObject(described, _described(name))
        self.outputStream(read, _meaning(letters))
        font = self.reserveObject("font")
        names = [Name(one) for one in procs]
        self.writeObject(
            font,
            {
                "Type": Name("Font"),
                "Subtype": Name("Type3"),
                "BaseFont": name,
                "Name": name,
                "FirstChar": 0,
                "LastChar": len(letters) - 1,
                "Widths": widths,
                "FontBBox": _BOUNDS,
                "FontMatrix": [0.001, 0, 0, 0.001, 0, 0],
                "CharProcs": procs,
                "Encoding": {"Type": Name("Encoding"), "Differences": [0, *names]},
                "FontDescriptor": described,
                "ToUnicode": read,
            },
        )
        return font


_BOUNDS = [-1013, -1048, 2928, 1808]
"""What the letters of the typeface may fill, both weights, in thousandths of an em."""


def _described(name: Name) -> dict[str, Any]:
    return {
        "Type": Name("FontDescriptor"),
        "FontName": name,
        "Flags": 32,
        "FontBBox": _BOUNDS,
        "Ascent": 880,
        "Descent": -120,
        "CapHeight": 733,
        "ItalicAngle": 0,
        "StemV": 0,
    }


def _prefix(letters: str) -> str:
    """Return what the name of a subset font begins with: six capitals that tell its letters."""
    number = zlib.crc32(letters.encode())
    return "".join(chr(65 + number // 26**i % 26) for i in range(6)) + "+"


@lru_cache(maxsize=8192)
def _proc(character: str, bold: bool) -> bytes:
    """Return a glyph's procedure in thousandths of an em: advance, bounds, outline."""
    drawn = lettering.outline(character, bold)
    path = Path(drawn.points, drawn.codes) if len(drawn.codes) else None
    box = (0.0, 0.0, 0.0, 0.0)
    commands = b""
    if path is not None:
        low, high = drawn.points.min(axis=0), drawn.points.max(axis=0)
        box = (*low, *high)
        commands = pdfRepr(PdfFile.pathOperations(path, IdentityTransform(), simplify=False)[0])
    bounds = [*(math.floor(v) for v in box[:2]), *(math.ceil(v) for v in box[2:])]
    head = " ".join(str(v) for v in (round(drawn.advance), 0, *bounds)).encode()
    return _stream({}, head + b" d1\n" + commands + b"\nf")


@lru_cache(maxsize=4096)
def _form(
    path: Path, scale: float, width: float, fill: bool, stroke: bool, join: str, cap: str
) -> bytes:
    """Return the form that draws a symbol's path, ``scale`` points to its unit, y down.

    Colour, line width and dashes are those in force where it is placed.
    """
    size = Affine2D().scale(scale, -scale)
    bounds = path.get_extents(size).padded(width).extents
    look = (_GC.joinstyles[join], Op.setlinejoin, _GC.capstyles[cap], Op.setlinecap)
    drawn = [
        *look,
        *PdfFile.pathOperations(path, size, simplify=False),
        Op.paint_path(fill, stroke),
    ]
    about = {"Type": Name("XObject"), "Subtype": Name("Form"), "BBox": list(bounds)}
    return _stream(about, b" ".join(pdfRepr(one) for one in drawn))


def _stream(about: dict[str, Any], data: bytes) -> bytes:
    """Return a compressed stream object's body."""
    packed = zlib.compress(data)
    head = pdfRepr({**about, "Length": len(packed), "Filter": Name("FlateDecode")})
    return b"%b\nstream\n%b\nendstream" % (head, packed)


def _meaning(letters: dict[int, str]) -> bytes:
    """Return the table (ToUnicode) that says which characters the codes 0…n−1 stand for."""
    said = " ".join(f"<{one.encode('utf-16be').hex()}>" for one in letters.values())
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo\n<< /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<00> <ff>\nendcodespacerange\n"
        f"1 beginbfrange\n<00> <{len(letters) - 1:02x}> [{said}]\nendbfrange\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode("ascii")


class _Renderer(RendererPdf):
    """Sets letters one after the other, and places a symbol's shape without asking its bounds."""

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """Write a line of words from its left end on its baseline."""
        self.check_gc(gc, gc._rgb)
        turn = math.radians(angle)
        cos, sin = math.cos(turn), math.sin(turn)
        bold = prop.get_weight() == "bold"
        write = self.file.output
        write(Op.gsave, cos, sin, -sin, cos, x, y, Op.concat_matrix, Op.begin_text)
        placed = [self.file.letter(one, bold) for one in s]
        for font, codes in groupby(placed, key=itemgetter(0)):
            write(font, prop.get_size_in_points(), Op.selectfont)
            write(bytes(code for _, code in codes), Op.show)
        write(Op.end_text, Op.grestore)

    def draw_path_collection(
        self,
        gc: Any,
        master_transform: Any,
        paths: Any,
        all_transforms: Any,
        offsets: Any,
        offset_trans: Any,
        facecolors: Any,
        edgecolors: Any,
        linewidths: Any,
        linestyles: Any,
        *others: Any,
        **more: Any,
    ) -> None:
        """Draw a symbol's one path (:meth:`Pen.symbols`) at all its places."""
        if not len(paths):
            return
        (path,) = paths
        fill = tuple(facecolors[0]) if len(facecolors) else None
        stroke = len(edgecolors) > 0
        gc.set_linewidth(linewidths[0] if stroke else 0.0)
        if stroke:
            gc.set_foreground(tuple(edgecolors[0]), isRGBA=True)
            gc.set_dashes(*linestyles[0])
        scale = float(master_transform.get_matrix()[0, 0])
        look = (gc.get_linewidth(), fill is not None, stroke, gc.get_joinstyle(), gc.get_capstyle())
        form = self.file.form(_form(path, scale, *look))
        self.check_gc(gc, fill)
        write = self.file.output
        for x, y in offset_trans.transform(offsets):
            write(Op.gsave, 1, 0, 0, 1, x, y, Op.concat_matrix, form, Op.use_xobject, Op.grestore)
