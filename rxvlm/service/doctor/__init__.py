"""The doctor: checks of this machine, the cameras and the models, with advice."""
