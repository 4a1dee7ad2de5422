"""Any file a county office has → layers of the plan; layers → files for other programs."""
