"""Coverage: what measurements prove of each cell, and the gaps that follow; profiles hold every threshold."""
