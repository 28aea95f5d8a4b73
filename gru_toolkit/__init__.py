"""Train small recurrent networks on any file of sequences."""
