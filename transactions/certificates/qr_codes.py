"""QR codes as SVG, the same for the same address."""

import io
from functools import lru_cache

import segno


@lru_cache(maxsize=256)
def qr_svg(address: str, *, standalone: bool = True) -> str:
    """Return the QR code of an address as SVG text, without colours of its own on the page (`currentColor`).

    `standalone` is for a file or a PDF: with XML namespace, in black.
    """
    out = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(
        out,
        kind="svg",
        border=2 if standalone else 0,
        xmldecl=False,
        svgns=standalone,
        omitsize=True,
        nl=False,
        svgclass=None,
        lineclass=None,
        dark="#000" if standalone else "currentColor",
    )
    return out.getvalue().decode()
