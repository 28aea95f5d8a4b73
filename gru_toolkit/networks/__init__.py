"""Keras layers and networks, and the converter of each layer kind to ONNX."""
