"""The doctor: what this machine, the cameras and the models are fit for, and what to do where they are not."""
