"""What a type of an SWC sample is called: as a region, and in the names of sections."""

SOMA, AXON, BASAL, APICAL = 1, 2, 3, 4
_REGIONS = {SOMA: "soma", AXON: "axon", BASAL: "basal", APICAL: "apical"}
_SECTIONS = {SOMA: "soma", AXON: "axon", BASAL: "dend", APICAL: "apic"}


def region_name(tag: int) -> str:
    """Return the name of a region; types beyond the four of the format are ``custom5``, ..."""
    return _REGIONS.get(tag, f"custom{tag}")


def section_kind(tag: int) -> str:
    """Return what the names of sections begin with, as NEURON has it: ``apic`` in ``apic[3]``."""
    return _SECTIONS.get(tag, f"dend_{tag}")
