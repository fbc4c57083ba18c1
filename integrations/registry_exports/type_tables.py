"""The tables that turn registries' project types, activities and methodologies into our project type codes.

Every raw value that a registry is known to publish is listed; whatever is not listed becomes OTHER and is
counted in the import's summary. The codes themselves, with names, stand in `registry/data/project_types.csv`.
"""

from __future__ import annotations

OTHER = "OTHER"

# Methodologies that settle the type by themselves. Broad ones (AMS-I.C. heat, AMS-II.C. devices, ACM0002 grid
# power …) are absent on purpose: for those the raw type and the name decide.
_METHODOLOGIES_OF_TYPE: dict[str, tuple[str, ...]] = {
    "FC": ("VM0004", "VM0006", "VM0007", "VM0009", "VM0015", "VM0037", "VM0048", "CCB-REDD", "ART-TREES",
           "FCPF-CF"),
    "IFM": ("VM0003", "VM0005", "VM0010", "VM0011", "VM0012", "VM0034", "VM0045", "ACR-IFM", "ACR-IFM-CA",
            "ACR-IFM-SMALL"),
    "AR": ("VM0047", "CCB-ARR", "GS-AR", "ISO-REFORESTATION", "AR-ACM0001", "AR-ACM0002", "AR-ACM0003",
           "AR-AM0002", "AR-AM0003", "AR-AM0004", "AR-AM0005", "AR-AM0007", "AR-AMS0001", "AR-AMS0002",
           "AR-AMS0004", "AR-AMS0005", "AR-AMS0006", "AR-AMS0007"),
    "MC": ("AR-AM0014", "AR-AMS0003"),
    "WR": ("VM0024", "VM0033", "VM0036"),
    "GR": ("VM0026", "VM0032", "CAR-GRASSLAND", "CAR-GRASSLAND-CA"),
    "AG": ("VM0017", "VM0021", "VM0022", "VM0042", "CAR-SOIL", "CAR-NITROGEN", "GS-SOC"),
    "RICE": ("AMS-III.AU.", "VM0051", "ARB-RICE"),
    "LIVE": ("VM0041",),
    "COOK": ("AMS-I.K.", "AMS-II.G.", "VMR0006", "VM0050", "GS-TPDDTEC", "GS-SIMPLIFIED-COOK",
             "GS-COOK-KITCHEN", "GS-METERED-COOK"),
    "WATER": ("AMS-III.AV.", "GS-WASH", "GS-WATER"),
    "EE": ("AM0024", "AM0046", "ACM0012", "AMS-II.D.", "AMS-II.E.", "AMS-II.J.", "AMS-II.L.", "AMS-III.AR.",
           "AMS-III.Q.", "AMS-III.Z.", "VM0008", "VM0025", "GS-COAL-IGNITION"),
    "LFG": ("ACM0001", "AMS-III.G.", "VMR0016", "CAR-LANDFILL"),
    "WASTE": ("ACM0022", "AM0025", "AMS-III.AF.", "AMS-III.AJ.", "AMS-III.BA.", "AMS-III.E.", "AMS-III.F.",
              "CAR-COMPOST", "CAR-DIGESTION"),
    "WW": ("ACM0014", "AM0080", "AMS-III.H.", "AMS-III.I."),
    "MANURE": ("ACM0010", "AM0073", "AMS-III.D.", "AMS-III.R.", "AMS-III.Y.", "ARB-LIVESTOCK",
               "CAR-LIVESTOCK"),
    "CMM": ("ACM0008", "AM0064", "VMR0001", "VMR0002", "ARB-MMC", "CAR-CMM"),
    "OIL": ("AM0009", "AM0023", "VM0014", "ACR-WELLS"),
    "ODS": ("VM0016", "ARB-ODS", "ECY-ODS", "ACR-ODS", "ACR-ODS-INTL", "CAR-ODS", "CAR-ODS-A5"),
    "HFC": ("AM0001", "ACR-HFC", "ACR-REFRIGERATION", "ACR-FOAM"),
    "N2O": ("ACM0019", "AM0021", "AM0028", "AM0034", "CAR-NITRIC-ACID", "CAR-ADIPIC-ACID"),
    "IND": ("ACM0005", "ACM0015", "AM0030", "AM0065", "VM0043", "VMR0012"),
    "TRN": ("ACM0016", "AM0031", "AM0090", "AMS-III.AT.", "AMS-III.BC.", "AMS-III.BM.", "AMS-III.C.",
            "AMS-III.S.", "AMS-III.U.", "VM0038", "VMR0014"),
    "BIOEN": ("ACM0003", "ACM0006", "ACM0017", "ACM0018", "AM0036", "AMS-III.AS."),
    "FUEL": ("ACM0009", "ACM0011", "AM0014", "AM0029", "AM0049", "AM0107", "AMS-III.B."),
    "BIOGAS": ("AMS-I.I.", "AMS-III.AO.", "GS-BIODIGESTER"),
    "GEO": ("AM0072",),
    "SOLAR": ("AMS-I.J.",),
    "BCR": ("VM0044", "ISO-BIOCHAR"),
    "BIOCDR": ("ISO-BIO-OIL", "ISO-SUBSURFACE", "ISO-BIOMASS-GEO", "ISO-BECCS"),
    "DAC": ("ISO-DAC",),
    "ERW": ("ISO-ERW",),
    "ALK": ("ISO-WAE", "ISO-RAE", "ISO-OAE"),
    "CCS": ("VM0049",),
}  # fmt: skip
BY_METHODOLOGY: dict[str, str] = {
    code: type_code for type_code, codes in _METHODOLOGIES_OF_TYPE.items() for code in codes
}

# Verra's AFOLU activities. Several may be joined; the first of this table that the project has is its type:
# avoided loss before restoration before management, as the baseline of the mixed methodologies does.
BY_AFOLU_ACTIVITY: dict[str, str] = {
    "REDD": "FC",
    "WRC": "WR",
    "ARR": "AR",
    "IFM": "IFM",
    "ACoGS": "GR",
    "ALM": "AG",
}

# A raw type that names a technology. Keys in lower case.
BY_RAW_TYPE: dict[str, str] = {
    # Gold Standard, in the words of the web export and of the API
    "a/r": "AR", "wind": "WIND", "pv": "SOLAR", "solar thermal - electricity": "SOLAR",
    "solar thermal - heat": "SOLAR",
    "solar_thermal_electricity": "SOLAR", "solar_thermal_heat": "SOLAR", "small, low-impact hydro": "HYDRO",
    "small, low - impact hydro": "HYDRO", "small_low_impact_hydro": "HYDRO", "geothermal": "GEO",
    "biogas - heat": "BIOGAS", "biogas - electricity": "BIOGAS", "biogas - cogeneration": "BIOGAS",
    "biogas_heat": "BIOGAS", "biogas_electricity": "BIOGAS", "biogas_cogeneration": "BIOGAS",
    "biomass, or liquid biofuel - heat": "BIOEN", "biomass, or liquid biofuel - electricity": "BIOEN",
    "biomass, or liquid biofuel - cogeneration": "BIOEN", "biomass_or_liquid_biofuel_heat": "BIOEN",
    "biomass_or_liquid_biofuel_electricity": "BIOEN", "biomass_or_liquid_biofuel_cogeneration": "BIOEN",
    "liquid biofuel - transport": "BIOEN", "energy efficiency - domestic": "EE",
    "energy_efficiency_domestic": "EE",
    "energy efficiency - industrial": "EE", "energy_efficiency_industrial": "EE",
    "energy efficiency - commercial sector": "EE", "energy_efficiency_commercial_sector": "EE",
    "energy efficiency - public sector": "EE", "energy_efficiency_public_sector": "EE",
    "energy efficiency - agriculture sector": "EE", "energy_efficiency_agriculture_sector": "EE",
    "energy efficiency - transport sector": "TRN", "energy_efficiency_transport_sector": "TRN",
    "agriculture": "AG", "other": OTHER,
    # ACR and CAR
    "ozone depleting substances": "ODS", "ozone depleting substances - u.s.": "ODS",
    "ozone depleting substances - u.s. - arb compliance": "ODS",
    "ozone depleting substances - u.s. - wa eco compliance": "ODS",
    "ozone depleting substances - article 5 imports": "ODS",
    "forest carbon": "IFM", "improved forest management": "IFM",
    "improved forest management - arb compliance": "IFM",
    "conservation-based forest management": "IFM", "forestry - mx": "IFM", "avoided conversion": "FC",
    "avoided conversion - arb compliance": "FC", "reforestation": "AR",
    "reforestation - arb compliance": "AR",
    "avoided grassland conversion": "GR", "canada grassland": "GR", "soil enrichment": "AG",
    "agricultural land management": "AG", "nitrogen management": "AG", "livestock waste management": "MANURE",
    "livestock - arb compliance": "MANURE", "livestock gas capture/combustion": "MANURE",
    "landfill gas capture/combustion": "LFG", "landfill gas capture & combustion": "LFG",
    "coal mine methane": "CMM", "coal mine methane - drainage": "CMM", "coal mine methane - vam": "CMM",
    "mine methane capture - arb compliance": "CMM", "organic waste composting": "WASTE",
    "organic waste digestion": "WASTE",
    "transport / fleet efficiency": "TRN", "wetland restoration": "WR", "industrial process emissions": "IND",
    "nitric acid n2o- secondary catalyst": "N2O", "nitric acid n2o - secondary catalyst": "N2O",
    "nitric acid n2o - tertiary catalyst": "N2O", "adipic acid n2o": "N2O",
    "carbon capture & storage (ccs)": "CCS",
    "fuel switching": "FUEL", "energy efficiency": "EE", "renewable energy": "RE", "biochar": "BCR",
    "industrial gas substitution": "HFC", "low carbon cement": "IND",
    # Verra sectoral scopes; the vague ones stand in VAGUE_TYPES
    "agriculture forestry and other land use": OTHER, "transport": "TRN",
    "livestock, enteric fermentation, and manure management": "MANURE", "mining/mineral production": "CMM",
    "fugitive emissions from fuels (solid, oil and gas)": "CMM", "chemical industry": "IND",
    "metal production": "IND",
    "manufacturing industries": "IND", "construction": "IND", "energy distribution": "EE",
    "energy demand": "EE",
    "waste handling and disposal": "WASTE", "energy industries (renewable/non-renewable sources)": "RE",
    "fugitive emissions from production and consumption of halocarbons and sulphur hexafluoride": "HFC",
    "carbon capture and storage": "CCS", "solvent use": "IND",
    # Cercarbono sectors
    "energy industries": "RE", "land use (afolu)": "AR",
    # Isometric pathways
    "biomass_carbon_removal_and_storage": "BIOCDR", "enhanced_weathering": "ERW", "marine": "ALK",
    "direct_air_capture": "DAC",
    # Puro methodologies
    "carbonated materials": "CCS", "geologically stored carbon": "CCS",
    "terrestrial storage of biomass": "BIOCDR",
    "enhanced rock weathering": "ERW", "bio-based construction materials": "BIOCDR",
    "woody biomass burial": "BIOCDR",
}  # fmt: skip

# Berkeley's own types, one or more per activity of ours.
BY_BERKELEY_TYPE: dict[str, str] = {
    "wind": "WIND", "cookstoves": "COOK", "hydropower": "HYDRO", "improved forest management": "IFM",
    "landfill methane": "LFG", "manure methane digester": "MANURE", "clean water": "WATER",
    "community boreholes": "WATER",
    "solar - centralized": "SOLAR", "biomass": "BIOEN",
    "ozone depleting substances recovery & destruction": "ODS",
    "afforestation/reforestation": "AR", "biodigesters": "BIOGAS", "redd+": "FC",
    "mine methane capture": "CMM",
    "methane recovery in wastewater": "WW", "bundled energy efficiency": "EE",
    "rice emission reductions": "RICE",
    "waste heat recovery": "EE", "hfc replacement in foam production": "HFC", "solar - distributed": "SOLAR",
    "lighting": "EE", "re bundled": "RE", "truck stop electrification": "TRN", "composting": "WASTE",
    "solar lighting": "SOLAR", "geothermal": "GEO", "natural gas electricity generation": "FUEL",
    "energy efficiency": "EE", "solar cookers": "COOK", "sustainable agriculture": "AG",
    "advanced refrigerants": "HFC",
    "n2o destruction in nitric acid production": "N2O", "solar water heaters": "SOLAR",
    "wetland restoration": "WR",
    "avoided forest conversion": "FC", "hfc refrigerant reclamation": "HFC", "fleet efficiency": "TRN",
    "brick manufacturing emission reductions": "EE", "avoided grassland conversion": "GR",
    "weatherization": "EE",
    "waste gas recovery": "EE", "improved irrigation management": "AG",
    "university campus emission reductions": "EE",
    "mass transit": "TRN", "fuel switching": "FUEL", "electric vehicles & charging": "TRN",
    "solid waste separation": "WASTE", "waste recycling": "WASTE", "sustainable grassland management": "GR",
    "waste incineration": "WASTE", "nitrogen management": "AG",
    "carbon capture & enhanced oil recovery": "CCS",
    "oil recycling": "WASTE", "leak detection & repair in gas systems": "OIL", "sf6 replacement": "HFC",
    "feed additives": "LIVE", "hfc23 destruction": "HFC", "aluminum smelters emission reductions": "IND",
    "pneumatic retrofit": "OIL", "n2o destruction in adipic acid production": "N2O", "fuel transport": "TRN",
    "waste diversion": "WASTE", "bundled compost production and soil application": "WASTE",
    "refrigerant leak detection": "HFC", "compost addition to rangeland": "GR",
    "carbon capture & storage in plastic": "CCS", "carbon capture in plastic": "CCS",
    "propylene oxide production": "IND",
    "carbon-absorbing concrete": "CCS", "carbon capture in concrete": "CCS",
    "plugging oil & gas wells": "OIL",
    "shipping": "TRN", "biochar": "BCR", "bicycles": "TRN", "road construction emission reductions": "IND",
    "lower carbon cement & concrete": "IND", "waste reduction": "WASTE", "grid expansion & mini-grids": "EE",
    "solar home systems": "SOLAR",
}  # fmt: skip

# Words in a project's name, in the languages of the exports; those that end in * are beginnings of words.
NAME_WORDS: dict[str, str] = {
    "MC": "mangrove* manglar*",
    "RICE": "rice paddy",
    "BCR": "biochar",
    "FC": "redd redd+",
    "COOK": "cook* stove* foyer* ecofoyer* fogao estufa*",
    "WATER": "water borehole* lifestraw",
    "WIND": "wind windfarm* windpark* eolic*",
    "SOLAR": "solar photovoltaic* pv fotovoltaic*",
    "HYDRO": "hydro* hidroelectric*",
    "GEO": "geotherm*",
    "LFG": "landfill*",
    "WW": "wastewater effluent* pome",
    "BIOGAS": "biogas biodigester* digester* biocng",
    "BIOEN": "biomass biomasa bagasse husk",
}
_ENERGY = ("WIND", "SOLAR", "HYDRO", "GEO", "LFG", "WW", "BIOGAS", "BIOEN")
_HOUSEHOLD = ("COOK", "WATER", "BIOGAS", "SOLAR")
_LAND = ("MC", "RICE", "FC")

# Raw types too broad to say what a project does, each with the types its name may narrow it to, first match
# wins. Where no word is found the generic type of BY_RAW_TYPE stays.
NARROWED_BY_NAME: dict[str, tuple[str, ...]] = {
    "energy industries (renewable/non-renewable sources)": _ENERGY,
    "energy industries": _ENERGY,
    "renewable energy": _ENERGY,
    "energy demand": _HOUSEHOLD,
    "energy efficiency - domestic": _HOUSEHOLD,
    "energy_efficiency_domestic": _HOUSEHOLD,
    "waste handling and disposal": ("LFG", "WW", "BIOGAS"),
    "a/r": ("MC",),
    "land use (afolu)": _LAND,
    "agriculture forestry and other land use": _LAND,
    "wetland restoration": ("MC",),
    "other": ("MC", "RICE", "BCR", "COOK", "WATER", *_ENERGY),
}
