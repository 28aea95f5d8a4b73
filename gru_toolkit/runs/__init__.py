"""Training, checkpoints, the run folder, prediction, evaluation and reports."""
