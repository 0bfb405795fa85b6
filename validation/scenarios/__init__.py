"""One module for each scenario; its ``measure()`` returns what was measured."""
