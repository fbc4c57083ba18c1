"""Methodology codes found in the words registries use for them.

CDM and Verra methodologies have codes of their own, kept in one spelling (`ACM0002`, `AMS-I.D.`,
`AR-ACM0003`, `VM0047`). The protocols of ACR, CAR, the compliance programmes, Gold Standard, Cercarbono and
Isometric mostly have names only; the codes given to them here are ours and stand in
`registry/data/methodologies.csv` with the name.
"""

from __future__ import annotations

import re

_CDM = re.compile(r"\b(AR-)?(ACM|AMS|AM)[\s-]?(\d{4})\b", re.IGNORECASE)
_SMALL_SCALE = re.compile(r"\bAMS[\s.-]*(III|II|I)[\s.-]+([A-Z]{1,2}\d?)(?![A-Za-z])")
_VERRA = re.compile(r"\b(VMR|VM)(\d{4})\b", re.IGNORECASE)

# Looked for in lower case, most particular first; the first that is found in a part names the methodology.
_NAMED: tuple[tuple[str, str], ...] = (
    ("arb compliance offset protocol: destruction", "ARB-ODS"),
    ("ozone depleting substances - u.s. - arb compliance", "ARB-ODS"),
    ("arb compliance offset protocol: mine methane", "ARB-MMC"),
    ("mine methane capture - arb compliance", "ARB-MMC"),
    ("arb compliance offset protocol: capturing and destroying methane from manure", "ARB-LIVESTOCK"),
    ("livestock - arb compliance", "ARB-LIVESTOCK"),
    ("arb compliance offset protocol: u.s. forest", "ARB-FOREST"),
    ("arb compliance offset protocol: compliance offset protocol u.s. forest", "ARB-FOREST"),
    ("improved forest management - arb compliance", "ARB-FOREST"),
    ("reforestation - arb compliance", "ARB-FOREST"),
    ("avoided conversion - arb compliance", "ARB-FOREST"),
    ("arb compliance offset protocol: rice", "ARB-RICE"),
    ("ecy compliance offset protocol: ozone", "ECY-ODS"),
    ("ozone depleting substances - u.s. - wa eco compliance", "ECY-ODS"),
    ("ecy compliance offset protocol: u.s. forest", "ECY-FOREST"),
    ("certified reclaimed hfc", "ACR-HFC"),
    ("(ods) from international sources", "ACR-ODS-INTL"),
    ("(ods) and high-global warming potential", "ACR-ODS"),
    ("ifm) on non-federal u.s. forestlands", "ACR-IFM"),
    ("ifm) on canadian forestlands", "ACR-IFM-CA"),
    ("ifm) on small non-industrial private", "ACR-IFM-SMALL"),
    ("plugging orphan oil and gas wells", "ACR-WELLS"),
    ("plugging abandoned", "ACR-WELLS"),
    ("advanced refrigeration systems", "ACR-REFRIGERATION"),
    ("transition to advanced formulation blowing agents", "ACR-FOAM"),
    ("ozone depleting substances - article 5 imports", "CAR-ODS-A5"),
    ("ozone depleting substances - u.s.", "CAR-ODS"),
    ("forestry - mx", "CAR-FOREST-MX"),
    ("avoided grassland conversion", "CAR-GRASSLAND"),
    ("canada grassland", "CAR-GRASSLAND-CA"),
    ("soil enrichment", "CAR-SOIL"),
    ("landfill gas capture", "CAR-LANDFILL"),
    ("livestock gas capture", "CAR-LIVESTOCK"),
    ("nitric acid", "CAR-NITRIC-ACID"),
    ("adipic acid", "CAR-ADIPIC-ACID"),
    ("nitrogen management", "CAR-NITROGEN"),
    ("coal mine methane", "CAR-CMM"),
    ("organic waste composting", "CAR-COMPOST"),
    ("organic waste digestion", "CAR-DIGESTION"),
    ("improved forest management", "CAR-FOREST"),
    ("conservation-based forest management", "CAR-FOREST"),
    ("the redd+ environmental excellence standard", "ART-TREES"),
    ("fcpf", "FCPF-CF"),
    ("tpddtec", "GS-TPDDTEC"),
    ("reduced emissions from cooking and heating", "GS-TPDDTEC"),
    ("technologies and practices to displace decentralized", "GS-TPDDTEC"),
    ("simplified methodology for", "GS-SIMPLIFIED-COOK"),
    ("improved cook stoves and kitchen regimes", "GS-COOK-KITCHEN"),
    ("metered", "GS-METERED-COOK"),
    ("water access and wash", "GS-WASH"),
    ("safe drinking water supply", "GS-WATER"),
    ("methodology biodigester", "GS-BIODIGESTER"),
    ("alternative ignition coal fires", "GS-COAL-IGNITION"),
    ("gs ghg a.r", "GS-AR"),
    ("afforestation/reforestation ghg emissions reduction", "GS-AR"),
    ("soil organic carbon framework", "GS-SOC"),
    ("m/lu-redd+", "CCB-REDD"),
    ("m/ut/f-a01", "CCB-ARR"),
    ("m/e-er01", "CCB-RE"),
    ("m/ee-eg001", "CCB-EE-EG"),
    ("ntc 6208", "NTC-6208"),
)
_ISOMETRIC = {
    "biochar": "ISO-BIOCHAR",
    "enhanced-weathering-agriculture": "ISO-ERW",
    "reforestation": "ISO-REFORESTATION",
    "bio-oil-geological-storage": "ISO-BIO-OIL",
    "direct-air-capture": "ISO-DAC",
    "subsurface-biomass": "ISO-SUBSURFACE",
    "biomass-geological-storage": "ISO-BIOMASS-GEO",
    "wastewater-alkalinity-enhancement": "ISO-WAE",
    "river-alkalinity-enhancement": "ISO-RAE",
    "ocean-alkalinity-enhancement": "ISO-OAE",
    "biogenic-capture-and-storage": "ISO-BECCS",
}


def methodology_codes(text: str) -> tuple[str, ...]:
    """The codes of every methodology a cell names, in the order written, each once; empty when none is known.

    `ACM0001; AMS-I.D.` gives `("ACM0001", "AMS-I.D.")`; `GS TPDDTEC v3.1` gives `("GS-TPDDTEC",)`.
    """
    coded = sorted(
        [(m.start(), f"{(m[1] or '').upper()}{m[2].upper()}{m[3]}") for m in _CDM.finditer(text)]
        + [(m.start(), f"AMS-{m[1]}.{m[2]}.") for m in _SMALL_SCALE.finditer(text)]
        + [(m.start(), f"{m[1].upper()}{m[2]}") for m in _VERRA.finditer(text)]
    )
    if coded:
        return tuple(dict.fromkeys(code for _, code in coded))
    plain = " ".join(text.split()).casefold()
    if plain in _ISOMETRIC:
        return (_ISOMETRIC[plain],)
    return next(((code,) for words, code in _NAMED if words in plain), ())
