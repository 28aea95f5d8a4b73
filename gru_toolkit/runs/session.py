"""ONNX Runtime sessions for the modules of `runs`; the options and checks live in `networks.session`."""

from gru_toolkit.networks.session import initial_states, next_states, open_session, predict

__all__ = ["initial_states", "next_states", "open_session", "predict"]
