"""QR codes as SVG, the same for the same address."""

import io
from functools import lru_cache

import segno


@lru_cache(maxsize=256)
def qr_svg(address: str) -> str:
    """Return the QR code of an address as SVG text: dark on whatever is behind it, which has to be light."""
    out = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(
        out, kind="svg", border=2, xmldecl=False, omitsize=True, nl=False, svgclass=None, lineclass=None, dark="#16211c"
    )
    return out.getvalue().decode()
