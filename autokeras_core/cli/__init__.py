"""The command line, `autokeras`. Light: listing what there is imports neither Keras nor TensorFlow."""
