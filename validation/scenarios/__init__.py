"""What is claimed of cells: each scenario measures numbers, and says how far off they may be."""
