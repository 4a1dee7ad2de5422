"""An .xls of the old kind: our own small workbook, packed (nothing here can write one)."""

import base64
import zlib
from pathlib import Path

_PACKED = (
    "eNrtWF1IVEEU/uburvuDu+76E2ggYmRlEmgvIehuwuZDtGlEG2XWbu5DaGpbLxaslvnQQyAEgRGEIVJQ9gfVVkZh"
    "QUWwUQ9BELj1GNEPBT3o3s6ce7e09sGFkpL7XebMmTNzvpk7Z2buz7OEZ3L4SkkSv6AeJqRUO3Jm2AQle7rgBtWr"
    "qlTTuY2SauC/gt1Ggcyx4LbzqVXGUMY7CQWXzfdJAm8otaAbga7OSNk8ooHHEBJyDHUkBU6TxYViHlU+y90sC1he"
    "4pZ3WPrYcpxlHbWdFNuQ8AYq1+ireKtSznUuSN4b7POKLdUowiO5insHhdbWgrXRPaGOf7Oi1JyLEVDcGiOdkWio"
    "YxKFFMARfFXLgC/pnXqvzLDPr12A7N9m260Z7CcUM9AHdRcv8AE6Uz+bZI1Z9A7ePVkb9IWnsF7GlxO1cW7+2ENZ"
    "IjbaStkFyswQ8e3XYrcC3RFSz8b2tXQ0v99C6rH9Q2d6W2uDFojRWDVWoQbWgEOe4Lzj3bN2vJN3Qi7JNuSx7uH9"
    "4KYzfer8p+cbwk3enWzp41NeexYslcOHisPSg5xdXMN3AFlTyR4rWR5h1sWsl7AspFVMeUVTka6s6+c2R7m2gvpZ"
    "zXjhXTZDX076wLvmm6UDb70rSB9rTB4sHHvpHUY5PZvayF9e/agSVeLUkETcm86Ffm68Zln82xliU9z62FX9gZeH"
    "aThY9bDUSnJ2xI+Sos+VVjJRyaRziQxcgrnk7JhovgRznQs+qXkwvsOnWSTf3oepq4fK/b6YIj0kp1KjcSoZOBXm"
    "tOicWvQ+PJ5ouBjXOBXm3OgrCE0s8fs0D8kpI1+v5OO6JKBT8yccMGDAgAEDBgwYMLAwIfgNVntrl2+lFv2LwKr/"
    "15mmlDJ+kyxYbEIXXQfow9SPTsqj6Mlq/SyCRaS5xBx90v8LJYLUexTtCPM42rNev/RFJ2bez5wd3X9uC2Xbfyqb"
    "cf7l/r8DGZznTQ=="
)


def write_xls(folder: Path) -> Path:
    """名称 经度 纬度 容纳人数: two shelters."""
    path = folder / "old.xls"
    path.write_bytes(zlib.decompress(base64.b64decode("".join(_PACKED))))
    return path
