"""Games of chess: reading them, learning how people play, and predicting their next moves."""
