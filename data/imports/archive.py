"""Unpacking a .zip or .kmz that may be hostile: into our own folders, within limits.

No member's own path is ever used (so none can lead outside), nothing but plain bytes is
taken, and what is written is counted while it is written, whatever the archive declares.
"""

import zipfile
from pathlib import Path, PurePosixPath

from data.refused import Refused

MOST_FILES = 2_000
MOST_BYTES = 3_000_000_000
MOST_RATIO = 300
"""Text packs to a tenth; a bomb to a thousandth."""
_FREE = 50_000_000
"""Below this size no ratio is asked for: a small file of blanks is no bomb."""


def unpack(path: Path, folder: Path) -> list[Path]:
    """Write the files of an archive into ``folder``; return them in the archive's order.

    Raises Refused for what is no archive, is damaged, has a password, too many files, or
    grows beyond all measure.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_FILES:
                raise Refused(f"“{path.name}”里有 {len(members):,} 个文件,太多了。请先解压再导入。")
            return _members(archive, members, path, folder)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError):
        raise Refused(f"“{path.name}”不是完整的压缩文件,读不出来。请重新压缩或重新下载。") from None
    except RuntimeError:
        raise Refused(f"“{path.name}”有密码。请先解压再导入。") from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        raise Refused(f"“{path.name}”已损坏,解压不了。请重新下载。") from None


def _members(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], path: Path, folder: Path
) -> list[Path]:
    out: list[Path] = []
    folders: dict[str, Path] = {}
    total = 0
    packed = max(1, path.stat().st_size)
    for member in members:
        name = _safe_name(member)
        if not name or name.startswith((".", "__MACOSX")):
            continue
        # The files of one folder stay together (the parts of a shapefile), under a number.
        inside = member.filename.replace("\\", "/").rpartition("/")[0]
        own = folders.setdefault(inside, folder / str(len(folders)))
        own.mkdir(exist_ok=True)
        target = own / name
        if target.exists():
            continue
        with archive.open(member) as reading, target.open("wb") as written:
            while chunk := reading.read(1 << 20):
                total += len(chunk)
                if total > MOST_BYTES or (total > _FREE and total > MOST_RATIO * packed):
                    raise Refused(f"“{path.name}”解压后大得不合常理,没有继续。请检查来源是否可靠。")
                written.write(chunk)
        out.append(target)
    return out


def _safe_name(member: zipfile.ZipInfo) -> str:
    """The last part of the member's name; Chinese Windows writes it in GBK without a flag."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
            name = raw.decode("utf-8") if _is_utf8(raw) else raw.decode("gb18030")
        except UnicodeError:
            name = member.filename
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable() and c not in '<>:"|?*')[:120]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
