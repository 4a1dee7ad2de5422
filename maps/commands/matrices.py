"""Bare cost matrices and columns of numbers, as they come in text files."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from data.beside import reason
from data.refused import Refused


def read_matrix(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read a cost matrix: optional headings, optional first column of names; “inf” for no way.

    Returns the (n, m) matrix and the m headings (numbers from 0 without any).
    """
    first, encoding = _first_line(path)
    headed = any(not _is_number(cell) for cell in first)
    try:
        table = pd.read_csv(
            path, header=None, skiprows=1 if headed else 0, encoding=encoding, dtype=object
        )
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise Refused(f"“{path}”不是完整的矩阵:每行的列数要一样。") from error
    named = not _is_number(first[0]) and (
        first[0].strip() == "" or not all(_is_number(str(v)) for v in table.iloc[:, 0])
    )
    if named:
        table = table.iloc[:, 1:]
    values = _numbers(table, path)
    if values.shape[1] == 0:
        raise Refused(f"“{path}”里没有候选点的列。")
    names = [c.strip() for c in first[1 if named else 0 :]] if headed else []
    if headed and len(names) != values.shape[1]:
        raise Refused(f"“{path}”的表头有 {len(names)} 列,数据有 {values.shape[1]} 列。")
    return values, tuple(names or (str(j) for j in range(values.shape[1])))


def read_vector(path: Path) -> np.ndarray:
    """Read one number per line (the last column, when there are several), optional heading.

    An empty value is NaN: not known.
    """
    first, encoding = _first_line(path)
    headed = not _is_number(first[-1]) and first[-1].strip() != ""
    try:
        table = pd.read_csv(
            path,
            header=None,
            skiprows=1 if headed else 0,
            encoding=encoding,
            dtype=object,
            skip_blank_lines=False,
        )
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise Refused(f"“{path}”里没有读到数字,每行要有一个。") from error
    return _numbers(table.iloc[:, -1:], path)[:, 0]


def _first_line(path: Path) -> tuple[list[str], str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        why = (
            "没有这个文件,请检查文件名和位置"
            if isinstance(error, FileNotFoundError)
            else reason(error)
        )
        raise Refused(f"读不了“{path}”:{why}。") from error
    encoding = "utf-8-sig"
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        encoding = "gb18030"
    lines = raw.decode(encoding, errors="replace").splitlines()
    if not lines or not lines[0].strip():
        raise Refused(f"“{path}”是空的。")
    return next(csv.reader([lines[0]])), encoding


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(table: pd.DataFrame, path: Path) -> np.ndarray:
    try:
        return table.to_numpy(dtype=float)
    except ValueError:
        for row, line in enumerate(table.to_numpy()):
            for column, cell in enumerate(line):
                if cell == cell and not _is_number(str(cell)):
                    raise Refused(
                        f"“{path}”第 {row + 1} 行第 {column + 1} 列的“{cell}”不是数字。"
                    ) from None
        raise
