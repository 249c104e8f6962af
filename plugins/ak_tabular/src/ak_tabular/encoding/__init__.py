"""The parts of the table encoder, one idea a module, each with two faces: NumPy arrays, and Keras tensors."""
