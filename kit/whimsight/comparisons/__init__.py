"""What several datasets, or slices of one, measure and express, side by side."""
