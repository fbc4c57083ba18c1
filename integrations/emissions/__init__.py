"""The arithmetic of emissions: from sums of readings to lines of kilograms of CO2e. Knows no table and no request."""
